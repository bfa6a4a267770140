#include "app/backtest.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <utility>

#include "app/errors.hpp"
#include "app/policy_diff.hpp"
#include "app/replay.hpp"
#include "app/terminal.hpp"
#include "streams/policy_document.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

class Passes {
public:
  explicit Passes(const BacktestInputs& inputs)
      : inputs_(inputs),
        secrets_(inputs.secrets.empty() ? streams::Secrets{} : streams::Secrets::from_json_file(inputs.secrets)),
        partitions_(foresee_partitions()) {
    for (const auto* policy : {&inputs.a, &inputs.b})
      if (const auto missing = streams::missing_secrets(*policy, secrets_); !missing.empty())
        fmt::print(stderr,
                   "onecode: policy {} names secrets that were not given: {}; codes under them are unknown here\n",
                   policy->version, fmt::join(missing, ", "));
  }

  Json all() {
    a_ = pass("A", inputs_.a, comparison_.a);
    const Counts first = std::exchange(counts_, {});
    b_ = pass("B", inputs_.b, comparison_.b);
    if (!(counts_ == first)) throw InputError("the inputs changed while they were read");
    return report();
  }

private:
  /// A history says how many there were; where they are mixed with plain files, those follow.
  std::int32_t foresee_partitions() const {
    for (const auto& file : inputs_.files) {
      streams::EventFileReader reader(file);
      const auto line = reader.next();
      if (line)
        if (const auto* turn = std::get_if<streams::FileTurn>(&*line)) return turn->partitions;
    }
    return kDefaultPartitions;
  }

  /// Everything by one policy; the engine is gone afterwards.
  monitoring::TurnStats pass(const char* name, const Policy& policy, BacktestSide& side) {
    ReplayOptions options;
    options.policy = policy;
    options.unsigned_commands = inputs_.unsigned_commands;
    options.partitions = partitions_;
    Replayer engine(std::move(options), secrets_, [&](const streams::OutRecord& out) { side.output(out); });
    for (const auto& file : inputs_.files) read(name, file, engine);
    engine.finish();
    return engine.stats();
  }

  void read(const char* name, const std::string& file, Replayer& engine) {
    streams::EventFileReader reader(file);
    Progress progress(fmt::format("judging {} by {}", std::filesystem::path(file).filename().string(), name),
                      reader.bytes_total());
    const Interrupt interrupt;
    std::optional<streams::FileTurn> turn;
    while (auto line = reader.next()) {
      if (interrupt.asked()) throw Failure(130, "interrupted; nothing was compared to the end");
      if (auto* opened = std::get_if<streams::FileTurn>(&*line)) {
        if (opened->partitions != partitions_)
          throw InputError(fmt::format("{}:{}: partitions: there are {} here and {} elsewhere in the inputs", file,
                                       reader.line(), opened->partitions, partitions_));
        turn = std::move(*opened);
        continue;
      }
      auto& record = std::get<streams::FileRecord>(*line);
      if (record.topic == Topic::policy) {
        ++counts_.policies;
      } else if (record.topic == Topic::inbox) {
        ++counts_.messages;
      } else if (!info(record.topic).input) {
        ++counts_.outputs;
      } else {
        if (record.topic == Topic::scans) ++counts_.scans;
        if (turn) record.timestamp_ms = turn->now.ms;
        ++counts_.records;
        try {
          engine.line(std::move(*line));
        } catch (const InputError& e) {
          throw InputError(fmt::format("{}:{}: {}", file, reader.line(), e.what()));
        }
      }
      progress.at(reader.bytes_read(), counts_.records);
    }
  }

  Json report() const {
    Json out;
    out["files"] = inputs_.files;
    out["records"] = counts_.records;
    out["scans"] = counts_.scans;
    out["left_out"] = {{"policies", counts_.policies}, {"messages", counts_.messages}, {"outputs", counts_.outputs}};
    out["policies"] = {{"a", inputs_.a.version}, {"b", inputs_.b.version}};
    auto& changes = out["policy_differences"] = Json::array();
    for (const auto& c : policy_changes(inputs_.a, inputs_.b))
      changes.push_back({{"member", c.member},
                         {"before", c.before},
                         {"after", c.after},
                         {"text", {{"zh", c.text.zh}, {"en", c.text.en}}}});
    comparison_.write(inputs_.limit, out);
    bool different = out["decisions"]["only_under_a"] != 0 || out["decisions"]["only_under_b"] != 0 ||
                     out["decisions"]["changed"] != 0;
    for (const char* of : {"people", "devices", "integrations", "others"}) different |= out[of]["different"] != 0;
    out["different"] = different;
    totals(out["totals"]);
    return out;
  }

  void totals(Json& out) const {
    const auto &a = a_, &b = b_;
    const auto both = [](std::uint64_t x, std::uint64_t y) { return Json{{"a", x}, {"b", y}}; };
    out["automatic_freezes"] = both(a.automatic_freezes, b.automatic_freezes);
    out["refused_by_breaker"] = both(a.breaker_refusals, b.breaker_refusals);
    out["proposals"] = both(comparison_.a.proposals(), comparison_.b.proposals());
    const auto challenge = static_cast<std::size_t>(Verdict::challenge);
    out["challenges"] = both(a.decisions[challenge], b.decisions[challenge]);
    auto& rules = out["rules"] = Json::object();
    for (std::size_t r = 0; r < kRuleIds; ++r) {
      const auto part = [r](const auto& s) {
        return Json{{"findings", s.findings_opened[r]}, {"hits", s.rule_hits[r]}, {"shadow_hits", s.shadow_hits[r]}};
      };
      if (a.findings_opened[r] + a.rule_hits[r] + a.shadow_hits[r] + b.findings_opened[r] + b.rule_hits[r] +
              b.shadow_hits[r] >
          0)
        rules[std::string(to_string(static_cast<RuleId>(r)))] = {{"a", part(a)}, {"b", part(b)}};
    }
    auto& dead = out["dead_letters"] = Json::object();
    for (const auto* side : {&a, &b})
      for (const auto& [what, n] : side->dead_letters) {
        auto& row = dead[std::string(what.first)];
        if (row.is_null()) row = both(0, 0);
        auto& count = row[side == &a ? "a" : "b"];
        count = count.get<std::uint64_t>() + n;
      }
  }

  struct Counts {
    std::uint64_t records = 0, scans = 0;
    std::uint64_t policies = 0, messages = 0, outputs = 0; // left out
    bool operator==(const Counts&) const = default;
  };

  const BacktestInputs& inputs_;
  const streams::Secrets secrets_;
  const std::int32_t partitions_;
  BacktestComparison comparison_;
  monitoring::TurnStats a_, b_;
  Counts counts_; // of the pass at hand
};

} // namespace

Json backtest(const BacktestInputs& inputs) { return Passes(inputs).all(); }

} // namespace onecode::app
