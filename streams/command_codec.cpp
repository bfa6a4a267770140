// Commands (CONTRACT §6, COMMANDS.md): the envelope of the command by hand, its arguments by their `fields` lists.
#include <algorithm>

#include "streams/base64.hpp"
#include "streams/decode_events.hpp"
#include "streams/json_fields.hpp"
#include "streams/json_text.hpp"
#include "streams/redact.hpp"

namespace onecode::streams {
namespace {

constexpr std::string_view kArgs = "data.args";

std::optional<DecodeError> one_of(std::string_view name, const std::string& value,
                                  std::initializer_list<std::string_view> words) {
  if (std::ranges::find(words, value) != words.end()) return std::nullopt;
  std::string why = "must be ";
  for (const auto w : words) why.append(w == *words.begin() ? "" : " or ").append(w);
  return bad_field(std::string(kArgs) + '.' + std::string(name), why);
}

// What the types of the arguments cannot say.
template <class T>
std::optional<DecodeError> check_args(const T&) {
  return std::nullopt;
}
std::optional<DecodeError> check_args(const AccountFreeze& a) {
  return one_of("article", a.article, {"8", "protective"});
}
std::optional<DecodeError> check_args(const AccountLift& a) {
  return one_of("article", a.article, {"8", "protective"});
}
std::optional<DecodeError> check_args(const DelegationRegister& a) {
  if (a.functions.empty()) return missing_field(std::string(kArgs) + ".functions");
  return std::nullopt;
}
std::optional<DecodeError> check_args(const IntegrationHandover& a) {
  if (a.owners.empty()) return missing_field(std::string(kArgs) + ".owners");
  return std::nullopt;
}
std::optional<DecodeError> check_args(const ProjectRegister& a) {
  for (const auto& [name, said] :
       {std::pair{".identity", a.identity}, std::pair{".fees", a.fees}, std::pair{".permissions", a.permissions}})
    if (!said) return missing_field(std::string(kArgs) + name);
  return std::nullopt;
}
std::optional<DecodeError> check_args(const LiabilityRecord& a) {
  if (!a.case_id && !a.order) return missing_field(std::string(kArgs) + ".case");
  return std::nullopt;
}
std::optional<DecodeError> check_args(const DeviceInstall& a) { return one_of("kind", a.kind, {"fixed", "mobile"}); }

template <std::size_t I = 0>
std::optional<DecodeError> read_args(std::size_t index, simdjson::dom::object object, CommandArgs& args) {
  if constexpr (I < std::variant_size_v<CommandArgs>) {
    if (index != I) return read_args<I + 1>(index, object, args);
    auto& a = args.emplace<I>();
    if (auto error = read_fields(object, std::string(kArgs), a)) return error;
    return check_args(a);
  } else {
    return bad_field("data.command", "unknown command");
  }
}

/// An article's clause is written with brackets: `11(1)`.
bool valid_target(const CommandInfo& command, std::string target) {
  if (command.name == "interpretation.issue")
    std::ranges::replace_if(
        target, [](char c) { return c == '(' || c == ')'; }, '.');
  return valid_id(target);
}

/// Enough of a stranger's text to recognise it, and nothing that spoils a header or a log line.
std::string excerpt(std::string_view s) {
  std::string out;
  for (const char c : s.substr(0, 40)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return s.size() > 40 ? out + "..." : out;
}

} // namespace

std::optional<DecodeError> read_command(simdjson::dom::object data, Command& c) {
  Element args;
  Element actor;
  bool has_args = false;
  enum : unsigned { name = 1, target = 2, actor_bit = 4, issued_at = 8, nonce = 16, all = 31 };
  unsigned seen = 0;
  for (const auto [key, value] : data) {
    if (value.is_null()) continue;
    const char* why = nullptr;
    if (key == "command") {
      seen |= name;
      why = read_text(value, c.name, 1, kMaxTextBytes);
    } else if (key == "target") {
      seen |= target;
      why = read_text(value, c.target, 1, kMaxIdLength);
    } else if (key == "actor") {
      seen |= actor_bit;
      actor = value;
      if (!value.is_object()) why = wrong::kObject;
    } else if (key == "issued_at") {
      seen |= issued_at;
      why = read_time(value, c.issued_at);
      if (why == wrong::kTime) return decode_error("BAD_TIME", std::string("data.issued_at: ") + why);
    } else if (key == "nonce") {
      seen |= nonce;
      why = read_text(value, c.nonce, 1, kMaxNonceBytes);
    } else if (key == "reason") {
      why = read_sentence(value, c.reason, 0, kMaxSentenceBytes);
      c.reason = without_long_numbers(c.reason);
    } else if (key == "key") {
      why = read_text(value, c.key, 0, kMaxTextBytes);
    } else if (key == "signature") {
      std::string text;
      why = read_text(value, text, 0, kMaxTextBytes);
      // What is not base64url is no signature of anyone: kept as it is, it fails as BAD_SIGNATURE.
      if (why == nullptr && !from_base64url(text, c.signature)) c.signature = text;
    } else if (key == "args") {
      args = value;
      has_args = true;
      if (!value.is_object()) why = wrong::kObject;
    }
    if (why != nullptr) return bad_field(std::string("data.").append(key), why);
  }
  if (seen != all) {
    constexpr std::string_view names[] = {"data.command", "data.target", "data.actor", "data.issued_at",
                                          "data.nonce"};
    for (unsigned i = 0; i < std::size(names); ++i)
      if ((seen >> i & 1) == 0) return missing_field(names[i]);
  }
  if (c.issued_at < kEarliestEvent || c.issued_at > kLatestEvent)
    return decode_error("BAD_TIME", "data.issued_at: must be between 2015-01-01 and 2100-01-01");
  for (const auto& [member, to] : {std::pair<std::string_view, std::string*>{"id", &c.actor}, {"role", &c.role}}) {
    Element value;
    const std::string path = "data.actor." + std::string(member);
    if (actor[member].get(value) != simdjson::SUCCESS || value.is_null()) return missing_field(path);
    if (const char* why = read_text(value, *to, 1, kMaxNonceBytes)) return bad_field(path, why);
  }
  const auto* info = std::ranges::find(kCommands, c.name, &CommandInfo::name);
  if (info == std::end(kCommands)) return bad_field("data.command", "unknown command `" + excerpt(c.name) + "`");
  if (!valid_target(*info, c.target)) return bad_field("data.target", wrong::kId);
  static const simdjson::dom::element kNothing = [] {
    static simdjson::dom::parser parser;
    return parser.parse(std::string_view("{}")).value();
  }();
  const simdjson::dom::object object = (has_args ? args : kNothing).get_object().value_unsafe();
  auto error = read_args(static_cast<std::size_t>(info - std::begin(kCommands)), object, c.args);
  if (error) error->sender = DecodeError::Sender{c.actor, c.name, c.target};
  return error;
}

std::optional<DecodeError> seal_command(std::string_view payload, bool structured, Command& c) {
  static constexpr std::string_view kNotSigned[] = {"signature"};
  try {
    const auto data = structured ? raw_member(payload, "data") : payload;
    c.signed_bytes = canonical_without(data.value_or("{}"), kNotSigned);
    return std::nullopt;
  } catch (const std::runtime_error& e) {
    // Duplicate members, half surrogate pairs: JSON for a parser, but with no canonical form that could be signed.
    return bad_field("data", std::string("has no canonical form: ") + e.what());
  }
}

} // namespace onecode::streams
