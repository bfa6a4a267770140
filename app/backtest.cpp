#include "app/backtest.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <future>
#include <optional>

#include "app/errors.hpp"
#include "app/policy_diff.hpp"
#include "app/replay.hpp"
#include "app/terminal.hpp"
#include "streams/policy_document.hpp"

namespace onecode::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBatch = 1024; // lines that both sides get before they are compared

/// Where a record stands, for errors.
struct Place {
  std::string file;
  std::size_t line = 0;
};

class SideBySide {
public:
  explicit SideBySide(const BacktestInputs& inputs)
      : inputs_(inputs),
        secrets_(inputs.secrets.empty() ? streams::Secrets{} : streams::Secrets::from_json_file(inputs.secrets)),
        partitions_(foresee_partitions()),
        a_(options(inputs.a), secrets_, [this](const auto& out) { comparison_.sides[0].output(out); }),
        b_(options(inputs.b), secrets_, [this](const auto& out) { comparison_.sides[1].output(out); }) {
    for (const auto* policy : {&inputs.a, &inputs.b})
      if (const auto missing = streams::missing_secrets(*policy, secrets_); !missing.empty())
        fmt::print(stderr,
                   "onecode: policy {} names secrets that were not given: {}; codes under them are unknown here\n",
                   policy->version, fmt::join(missing, ", "));
  }

  Json all() {
    for (const auto& file : inputs_.files) read(file);
    feed();
    a_.finish();
    b_.finish();
    comparison_.settle();
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

  ReplayOptions options(const Policy& policy) const {
    ReplayOptions out;
    out.policy = policy;
    out.unsigned_commands = inputs_.unsigned_commands;
    out.partitions = partitions_;
    return out;
  }

  void read(const std::string& file) {
    streams::EventFileReader reader(file);
    Progress progress("backtesting " + std::filesystem::path(file).filename().string(), reader.bytes_total());
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
        ++left_out_policies_;
      } else if (record.topic == Topic::inbox) {
        ++left_out_messages_;
      } else if (!info(record.topic).input) {
        ++left_out_outputs_;
      } else {
        if (record.topic == Topic::scans) ++scans_;
        if (turn) record.timestamp_ms = turn->now.ms;
        ++records_;
        batch_.push_back(std::move(record));
        places_.push_back({file, reader.line()});
        if (batch_.size() == kBatch) feed();
      }
      progress.at(reader.bytes_read(), records_);
    }
  }

  void feed() {
    auto other = std::async(std::launch::async, [this, lines = batch_]() mutable { apply(b_, std::move(lines)); });
    apply(a_, std::move(batch_));
    other.get();
    comparison_.settle();
    batch_.clear();
    places_.clear();
  }

  void apply(Replayer& engine, std::vector<streams::FileRecord> lines) const {
    for (std::size_t i = 0; i < lines.size(); ++i) try {
        engine.line(std::move(lines[i]));
      } catch (const InputError& e) {
        throw InputError(fmt::format("{}:{}: {}", places_[i].file, places_[i].line, e.what()));
      }
  }

  Json report() const {
    Json out;
    out["files"] = inputs_.files;
    out["records"] = records_;
    out["scans"] = scans_;
    out["left_out"] = {
        {"policies", left_out_policies_}, {"messages", left_out_messages_}, {"outputs", left_out_outputs_}};
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
    const auto &a = a_.stats(), &b = b_.stats();
    const auto both = [](std::uint64_t x, std::uint64_t y) { return Json{{"a", x}, {"b", y}}; };
    out["automatic_freezes"] = both(a.automatic_freezes, b.automatic_freezes);
    out["refused_by_breaker"] = both(a.breaker_refusals, b.breaker_refusals);
    out["proposals"] = both(comparison_.sides[0].proposals(), comparison_.sides[1].proposals());
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

  const BacktestInputs& inputs_;
  const streams::Secrets secrets_;
  const std::int32_t partitions_;
  BacktestComparison comparison_;
  Replayer a_, b_;
  std::vector<streams::FileRecord> batch_;
  std::vector<Place> places_; // of the batch
  std::uint64_t records_ = 0, scans_ = 0;
  std::uint64_t left_out_policies_ = 0, left_out_messages_ = 0, left_out_outputs_ = 0;
};

} // namespace

Json backtest(const BacktestInputs& inputs) { return SideBySide(inputs).all(); }

} // namespace onecode::app
