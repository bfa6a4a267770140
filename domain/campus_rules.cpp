// How often each rule was right, by the cases that people decided (entity rule:<id>; DETECTION §6, precision floor), and the copies of
// what follows from it.
#include "domain/campus.hpp"

namespace onecode {
namespace {

constexpr std::int64_t kCases = 30, kFloorPermille = 800;
constexpr std::int64_t kMemory = 200; // cases; then the past counts half

bool below_floor(const CampusState::Precision& p) {
  const std::int64_t all = p.upheld + p.not_upheld;
  return all >= kCases && p.upheld * 1000 < kFloorPermille * all;
}

Notice floor_notice(const CampusState& c, const CampusState::Precision& p) {
  const std::string rule = c.id.substr(c.id.find(':') + 1), upheld = std::to_string(p.upheld),
                    all = std::to_string(p.upheld + p.not_upheld);
  Notice n;
  n.to = "information-centre";
  n.about = c.id;
  n.kind = p.doubted ? "rule-doubted" : "rule-trusted-again";
  n.article = "13";
  n.text =
      p.doubted
          ? Text{"规则 " + rule + " 的 " + all + " 件已决案件中仅 " + upheld +
                     " 件成立,低于八成:其证据此后最多引起本人核验,不再提出冻结。",
                 "Of " + all + " decided cases of the rule " + rule + " only " + upheld +
                     " were upheld, less than 80 %: from now on its evidence leads to a check of the person at most."}
          : Text{"规则 " + rule + " 的 " + all + " 件已决案件中 " + upheld + " 件成立,恢复正常处置。",
                 "Of " + all + " decided cases of the rule " + rule + " " + upheld +
                     " were upheld: its evidence counts in full again."};
  n.remedy =
      "请检查该规则的参数,并以新的规则版本发布策略。 / Look at the rule's parameters and publish a policy with a new "
      "version of it.";
  return n;
}

} // namespace

void step(CampusState& c, const msg::RuleJudged& judged, const Context& context, Effects& out) {
  auto& p = c.precision;
  if (judged.version < p.version) return; // of a rule that is no more
  c.dirty = true;
  if (judged.version > p.version)
    p = {judged.version, 0, 0, p.doubted}; // another rule by that name: its past is not held against it
  p.upheld += judged.upheld - judged.taken_back;
  p.not_upheld += !judged.upheld;
  p.upheld = std::max<std::int64_t>(p.upheld, 0);
  const bool doubted = below_floor(p);
  if (doubted != p.doubted) {
    p.doubted = doubted;
    out.outputs.emplace_back(floor_notice(c, p));
    for (std::int32_t shard = 0; shard < context.shards; ++shard)
      out.sends.push_back({campus_facts_of(shard, context.shards), msg::RuleDoubted{judged.rule, doubted}});
  }
  if (p.upheld + p.not_upheld >= kMemory) p.upheld /= 2, p.not_upheld /= 2;
}

void step(CampusState& c, const msg::RuleDoubted& news, const Context&, Effects&) {
  auto& list = c.facts.doubted;
  const auto place = std::ranges::lower_bound(list, news.rule);
  const bool known = place != list.end() && *place == news.rule;
  if (news.doubted && !known) list.insert(place, news.rule);
  if (!news.doubted && known) list.erase(place);
  c.dirty = true;
}

} // namespace onecode
