#include "app/privacy/linkage.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/csv.hpp"
#include "app/errors.hpp"
#include "app/files.hpp"
#include "archive/cipher.hpp"
#include "evidence/hex.hpp"
#include "evidence/sha256_many.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "onecode-linkage/1";
constexpr std::size_t kShare = 32;

std::string random_bytes(std::size_t n) {
  std::string out(n, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(n)) != 1)
    throw Failure(kUnreachable, "no random numbers are to be had");
  return out;
}

std::string about(const std::string& epoch) { return std::string(kFormat) + '\n' + epoch; }

std::string key_of(const Shares& shares) {
  return std::string(evidence::view(evidence::hmac_sha256(shares.first, shares.second)));
}

/// 80 random bits: no two are alike, and nothing can be made of one.
std::string new_pseudonym() { return "a-" + streams::to_hex(random_bytes(10)); }

class Commands {
public:
  Commands(EpochPlan& plan, std::string actor, const SigningKey& key, Time now)
      : plan_(plan), actor_(std::move(actor)), key_(key), now_(now) {}

  void add(const std::string& name, const std::string& target, const json& args) {
    CommandDraft draft;
    draft.source = "/onecode/epoch/" + plan_.table.epoch;
    draft.id = draft.nonce = random_nonce();
    draft.time = now_;
    draft.name = name;
    draft.target = target;
    draft.actor = actor_;
    draft.role = "registrar";
    draft.reason = "pseudonyms of epoch " + plan_.table.epoch;
    draft.args_json = args.empty() ? "" : args.dump();
    streams::FileRecord record;
    record.topic = Topic::commands;
    record.key = target;
    record.value = command_event(draft, &key_);
    plan_.commands.push_back(std::move(record));
  }

private:
  EpochPlan& plan_;
  std::string actor_;
  const SigningKey& key_;
  Time now_;
};

} // namespace

Shares new_shares() { return {random_bytes(kShare), random_bytes(kShare)}; }

std::string share_text(const std::string& share) { return streams::to_hex(share) + "\n"; }

std::string read_share(const std::string& file) {
  auto share = evidence::from_hex(read_secret(file));
  if (!share || share->size() != kShare) throw InputError(file + ": is no share (64 hexadecimal digits)");
  return std::move(*share);
}

std::string seal(const Linkage& table, const Shares& shares) {
  const auto nonce = random_bytes(archive::kNonceBytes);
  const auto sealed = archive::encrypt(key_of(shares), nonce, about(table.epoch), json(table.pseudonyms).dump());
  return nlohmann::ordered_json{{"format", kFormat},
                                {"epoch", table.epoch},
                                {"nonce", streams::base64url(nonce)},
                                {"sealed", streams::base64url(sealed)}}
             .dump(2) +
         "\n";
}

Linkage open_linkage(const std::string& text, const std::string& file, const Shares& shares) {
  const auto all = json::parse(text, nullptr, false);
  const auto member = [&](const char* name) {
    if (!all.is_object() || !all.contains(name) || !all[name].is_string())
      throw InputError(fmt::format("{}: is no linkage table ({} is missing)", file, name));
    return all[name].get<std::string>();
  };
  if (member("format") != kFormat) throw InputError(fmt::format("{}: is no {}", file, kFormat));
  Linkage out{member("epoch"), {}};
  const auto nonce = streams::from_base64url(member("nonce")), sealed = streams::from_base64url(member("sealed"));
  const auto table = nonce && sealed && nonce->size() == archive::kNonceBytes
                         ? archive::decrypt(key_of(shares), *nonce, about(out.epoch), *sealed)
                         : std::nullopt;
  if (!table) throw InputError(file + ": these two shares do not open it, in this order, or it was changed");
  out.pseudonyms = json::parse(*table).get<std::map<std::string, std::string>>();
  return out;
}

std::vector<Person> read_people(std::istream& csv, const std::string& file) {
  CsvReader reader(csv);
  std::vector<std::string> fields;
  std::vector<Person> out;
  std::set<std::string> seen;
  try {
    if (!reader.next(fields)) throw InputError(file + ": is empty");
    std::map<std::string, std::size_t> columns;
    for (std::size_t i = 0; i < fields.size(); ++i) columns[fields[i]] = i;
    for (const auto* needed : {"person", "category"})
      if (!columns.contains(needed)) throw InputError(fmt::format("{}:1: the column {} is missing", file, needed));
    while (reader.next(fields)) {
      const auto at = [&](const char* column) {
        const auto it = columns.find(column);
        return it != columns.end() && it->second < fields.size() ? fields[it->second] : std::string{};
      };
      Person p{at("person"), at("category"), at("valid_to"), at("handset")};
      if (p.person.empty() || p.category.empty())
        throw InputError(fmt::format("{}:{}: person or category is empty", file, reader.line()));
      if (!seen.insert(p.person).second)
        throw InputError(fmt::format("{}:{}: this person stands there twice", file, reader.line()));
      out.push_back(std::move(p));
    }
  } catch (const CsvError& e) {
    throw InputError(fmt::format("{}:{}: {}", file, e.line, e.what()));
  }
  return out;
}

EpochPlan plan_epoch(const std::string& epoch, const Linkage& previous, const std::vector<Person>& people,
                     const std::set<std::string>& keep, const std::string& actor, const SigningKey& key, Time now) {
  EpochPlan plan;
  plan.table.epoch = epoch;
  Commands commands(plan, actor, key, now);
  for (const auto& p : people) {
    const auto old = previous.pseudonyms.find(p.person);
    const bool had = old != previous.pseudonyms.end();
    if (had && keep.contains(old->second)) {
      plan.table.pseudonyms[p.person] = old->second;
      ++plan.kept;
      continue;
    }
    if (had) {
      // The handset first: bound to two accounts it would look lent.
      if (!p.handset.empty()) commands.add("handset.unbind", old->second, {{"handset", p.handset}});
      commands.add("account.close", old->second, json::object());
    }
    const auto next = plan.table.pseudonyms[p.person] = new_pseudonym();
    json args = {{"category", p.category}, {"valid_from", format_time(now)}};
    if (!p.valid_to.empty()) args["valid_to"] = p.valid_to;
    commands.add("account.open", next, args);
    if (!p.handset.empty()) commands.add("handset.bind", next, {{"handset", p.handset}});
    ++(had ? plan.moved : plan.opened);
  }
  for (const auto& [person, pseudonym] : previous.pseudonyms)
    if (!plan.table.pseudonyms.contains(person)) plan.left.push_back(pseudonym);
  return plan;
}

} // namespace onecode::app
