// The published formats as onecode-verify reads them: functions of bytes, without files. What does not fit throws a Failure.
//   Text      C2SP signed-note, tlog-checkpoint, tlog-cosignature and tlog-proof (https://c2sp.org); base64 of RFC 4648 §4; Ed25519 (RFC 8032); SM2
//             (GB/T 32918.2: SM3, user id 1234567812345678, r and s of 32 bytes each), which has no type in C2SP.
//   Trees     RFC 6962 §2.1 and RFC 9162 §2.1.3 with SHA-256.
//   Leaves    docs/evidence.md, evidence/leaf.hpp.
// All of it is hostile: nothing is allocated because some field says how large something is.
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace verify {

using namespace std::literals;

enum class Verdict { sound = 0, tampered = 1, incomplete = 2, usage = 3 }; // the exit codes

struct Failure {
  Verdict verdict;
  std::string what;
};
[[noreturn]] inline void tampered(std::string what) { throw Failure{Verdict::tampered, std::move(what)}; }
[[noreturn]] inline void incomplete(std::string what) { throw Failure{Verdict::incomplete, std::move(what)}; }

// ---- text --------------------------------------------------------------------------------------------------------

inline const unsigned char* octets(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

/// Takes the UTF-8 character off that `text` begins with; nullopt: it begins with none.
inline std::optional<std::uint32_t> next_character(std::string_view& text) {
  if (text.empty()) return std::nullopt;
  const unsigned first = octets(text)[0];
  const std::size_t n = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
  if (n == 0 || text.size() < n) return std::nullopt;
  std::uint32_t code = n == 1 ? first : first & (0x7fu >> n);
  for (std::size_t i = 1; i < n; ++i) {
    if (octets(text)[i] >> 6 != 2) return std::nullopt;
    code = code << 6 | (octets(text)[i] & 0x3fu);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < smallest[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return std::nullopt;
  text.remove_prefix(n);
  return code;
}

inline std::string hex(std::string_view bytes) {
  std::string out;
  for (const unsigned char c : bytes) {
    out += "0123456789abcdef"[c >> 4];
    out += "0123456789abcdef"[c & 15];
  }
  return out;
}

/// What others wrote, as it may go to a terminal and into JSON: all that steers one, and all that is no UTF-8, becomes \xNN.
inline std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto before = text;
    const auto c = next_character(text);
    if (!c) text.remove_prefix(1);
    const auto bytes = before.substr(0, before.size() - text.size());
    const bool shown = c && *c >= 0x20 && *c != '\\' && !(*c >= 0x7f && *c <= 0xa0) &&
                       !(*c >= 0x2000 && *c <= 0x206f) && *c != 0xfeff;
    for (std::size_t i = 0; i < bytes.size(); ++i)
      out += shown ? std::string(1, bytes[i]) : "\\x" + hex(bytes.substr(i, 1));
  }
  return out;
}

inline std::string encode64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0'); // EVP_EncodeBlock ends it with a zero byte
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), octets(bytes), static_cast<int>(bytes.size()));
  out.pop_back();
  return out;
}

/// Of the spellings that some decoders take, only the one that an encoder writes: otherwise bits of a signature would not matter.
inline std::optional<std::string> decode64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), octets(text), static_cast<int>(text.size())) < 0)
    return std::nullopt;
  out.resize(out.size() - (text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0));
  if (encode64(out) != text) return std::nullopt;
  return out;
}

/// A decimal below 2^63 without leading zeroes.
inline std::optional<std::uint64_t> number(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || n < 0 || std::to_string(n) != text) return std::nullopt;
  return static_cast<std::uint64_t>(n);
}

/// Takes a line off; nullopt: no newline ends one.
inline std::optional<std::string_view> next_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == rest.npos) return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

// ---- hashes and trees --------------------------------------------------------------------------------------------

using Hash = std::array<char, 32>;
inline std::string_view view(const Hash& h) { return {h.data(), h.size()}; }
/// Of at least 32 bytes, the first.
inline Hash to_hash(std::string_view bytes) {
  Hash h;
  std::copy_n(bytes.begin(), h.size(), h.begin());
  return h;
}
/// nullopt: not the base64 of a hash.
inline std::optional<Hash> decode_hash(std::string_view text) {
  const auto bytes = decode64(text);
  return bytes && bytes->size() == 32 ? std::optional(to_hash(*bytes)) : std::nullopt;
}

inline Hash sha256(std::initializer_list<std::string_view> parts) {
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                         EVP_MD_free);
  static const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  Hash out{};
  bool ok = algorithm && context && EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1;
  for (const auto part : parts) ok = ok && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  ok = ok && EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr) == 1;
  if (!ok) incomplete("libcrypto does not compute SHA-256");
  return out;
}

inline Hash leaf_hash(std::string_view entry) { return sha256({"\0"sv, entry}); }
inline Hash node_hash(const Hash& left, const Hash& right) { return sha256({"\1"sv, view(left), view(right)}); }

/// A tree that grows, as far as it is still needed: its largest complete subtrees, from left to right.
class Edge {
public:
  /// The complete subtree of 2^height entries that comes next. `made(height, hash)` sees it and each larger one that it completes.
  template <class Made>
  void append(int height, Hash hash, Made made) {
    made(height, hash);
    for (; !subtrees_.empty() && subtrees_.back().first == height; subtrees_.pop_back()) {
      hash = node_hash(subtrees_.back().second, hash);
      made(++height, hash);
    }
    subtrees_.emplace_back(height, hash);
  }
  Hash root() const {
    if (subtrees_.empty()) return sha256({});
    Hash root = subtrees_.back().second;
    for (auto i = subtrees_.rbegin() + 1; i != subtrees_.rend(); ++i) root = node_hash(i->second, root);
    return root;
  }

private:
  std::vector<std::pair<int, Hash>> subtrees_;
};

/// RFC 9162 §2.1.3.2.
inline bool included(std::uint64_t index, const Hash& leaf, const std::vector<Hash>& path, std::uint64_t size,
                     const Hash& root) {
  if (index >= size) return false;
  std::uint64_t fn = index, sn = size - 1;
  Hash r = leaf;
  for (const auto& p : path) {
    if (sn == 0) return false;
    if ((fn & 1) == 1 || fn == sn) {
      r = node_hash(p, r);
      for (; (fn & 1) == 0 && fn != 0; fn >>= 1) sn >>= 1;
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && r == root;
}

// ---- keys and signed notes ---------------------------------------------------------------------------------------

struct Key {
  std::string name, id, public_key; // as bytes
  bool sm2 = false;
  bool witness = false;                             // it cosigns
  std::int64_t from = INT64_MIN, until = INT64_MAX; // ms since 1970: what it signed at another time does not count
};
using Keys = std::vector<Key>;

/// Neither Unicode spaces nor plus.
inline bool is_key_name(std::string_view name) {
  bool ok = !name.empty();
  while (ok && !name.empty()) {
    const auto c = next_character(name).value_or(' ');
    ok = c > 0x20 && c != '+' && c != 0x85 && c != 0xa0 && c != 0x1680 && !(c >= 0x2000 && c <= 0x200a) &&
         c != 0x2028 && c != 0x2029 && c != 0x202f && c != 0x205f && c != 0x3000;
  }
  return ok;
}

/// nullptr: the bytes are no key.
inline std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> public_key_of(const Key& key) {
  EVP_PKEY* out = nullptr;
  if (!key.sm2) {
    out = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets(key.public_key), key.public_key.size());
  } else {
    char curve[] = "SM2";
    auto point = key.public_key;
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end(),
    };
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "SM2", nullptr), EVP_PKEY_CTX_free);
    if (context && EVP_PKEY_fromdata_init(context.get()) == 1)
      EVP_PKEY_fromdata(context.get(), &out, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM*>(parameters));
  }
  return {out, EVP_PKEY_free};
}

/// A verifier key NAME+HEX+BASE64 of a log or a witness; nullopt: of another algorithm than Ed25519 and SM2.
inline std::optional<Key> read_key(std::string_view line, const std::string& where) {
  constexpr auto sm2 = "\xffonecode/sm2"sv;
  const auto plus = line.find('+'), second = plus == line.npos ? line.npos : line.find('+', plus + 1);
  const auto name = line.substr(0, plus);
  const auto key = second == line.npos ? std::nullopt : decode64(line.substr(second + 1)); // algorithm, public key
  const Failure bad{Verdict::usage, where + " is no verifier key NAME+HEX+BASE64"};
  if (!key || key->empty() || !is_key_name(name)) throw bad;
  Key out;
  out.sm2 = key->starts_with(sm2);
  out.witness = key->front() == '\4';
  if (!out.sm2 && !out.witness && key->front() != '\1') return std::nullopt;
  out.name = name;
  out.id = view(sha256({name, "\n", *key})).substr(0, 4);
  out.public_key = key->substr(out.sm2 ? sm2.size() : 1);
  if (out.public_key.size() != (out.sm2 ? 65 : 32) || !public_key_of(out) ||
      hex(out.id) != line.substr(plus + 1, second - plus - 1))
    throw bad;
  return out;
}

/// RFC 3339 in UTC, with Z, with three digits of a second or none: ms since 1970.
inline std::optional<std::int64_t> read_time(std::string_view text) {
  const auto form = text.size() == 20 ? "0000-00-00T00:00:00Z"sv : "0000-00-00T00:00:00.000Z"sv;
  if (text.size() != form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return std::nullopt;
  const auto at = [&](std::size_t from, std::size_t n) {
    int out = 0;
    for (const char c : text.substr(from, n)) out = out * 10 + (c - '0');
    return out;
  };
  const auto month = static_cast<unsigned>(at(5, 2)), day = static_cast<unsigned>(at(8, 2));
  const std::chrono::year_month_day date{std::chrono::year{at(0, 4)}, std::chrono::month{month},
                                         std::chrono::day{day}};
  const int hour = at(11, 2), minute = at(14, 2), second = at(17, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + (text.size() > 20 ? at(20, 3) : 0);
}

/// A file of verifier keys, one a line, each perhaps with " from=TIME" and " until=TIME" behind it.
inline Keys read_keys(std::string_view rest, const std::string& name) {
  Keys keys;
  for (int n = 1; !rest.empty(); ++n) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty()) continue;
    const auto where = name + ", line " + std::to_string(n);
    auto words = line;
    const auto next_word = [&] {
      const auto word = words.substr(0, words.find(' '));
      words.remove_prefix(std::min(word.size() + 1, words.size()));
      return word;
    };
    auto key = read_key(next_word(), where);
    std::optional<std::int64_t> from, until;
    bool ok = !line.ends_with(' ');
    while (ok && !words.empty()) {
      const auto word = next_word();
      auto& time = word.starts_with("from=") ? from : until;
      ok = !time && (word.starts_with("from=") || word.starts_with("until="));
      if (ok) time = read_time(word.substr(word.find('=') + 1));
      ok = ok && time;
    }
    if (!ok || (from && until && *from > *until))
      throw Failure{Verdict::usage, where + ": a key may be followed by from=TIME and until=TIME, RFC 3339 with Z"};
    if (!key) continue;
    key->from = from.value_or(key->from);
    key->until = until.value_or(key->until);
    keys.push_back(std::move(*key));
  }
  return keys;
}

/// SM2's two numbers as DER, which is what libcrypto wants. Empty: there are not 64 bytes of them.
inline std::string sm2_der(std::string_view numbers) {
  if (numbers.size() != 64) return "";
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  BIGNUM* r = BN_bin2bn(octets(numbers), 32, nullptr);
  BIGNUM* s = BN_bin2bn(octets(numbers) + 32, 32, nullptr);
  if (!pair || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return "";
  }
  unsigned char bytes[80];
  auto* end = bytes;
  const int n = i2d_ECDSA_SIG(pair.get(), &end); // at most 72
  return {reinterpret_cast<char*>(bytes), static_cast<std::size_t>(std::max(n, 0))};
}

inline bool verifies(const Key& key, std::string_view text, std::string_view signature) {
  const auto pkey = public_key_of(key);
  if (!pkey) return false;
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> parameters(EVP_PKEY_CTX_new(pkey.get(), nullptr),
                                                                               EVP_PKEY_CTX_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!parameters || !context) return false;
  if (!key.sm2)
    return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) == 1 &&
           EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(text), text.size()) == 1;
  constexpr auto user = "1234567812345678"sv;
  const auto der = sm2_der(signature);
  if (der.empty() || EVP_PKEY_CTX_set1_id(parameters.get(), user.data(), user.size()) != 1) return false;
  EVP_MD_CTX_set_pkey_ctx(context.get(), parameters.get());
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sm3(), nullptr, pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(der), der.size(), octets(text), text.size()) == 1;
}

struct Cosignature {
  std::string name, public_key;
  std::uint64_t seconds = 0;
};

struct Note {
  std::string_view text;              // with its last newline
  std::vector<const Key*> signers;    // of those that were given; their signatures are good
  std::vector<Cosignature> witnesses; // whose keys were given; a key counts once, under whatever names
  bool others = false;                // somebody else has signed it too
};

/// When a witness says that it cosigned the text, in seconds since 1970; nullopt: it is not its cosignature.
inline std::optional<std::uint64_t> cosigned(const Key& key, std::string_view text, std::string_view signature) {
  if (signature.size() < 8) return std::nullopt;
  std::uint64_t seconds = 0;
  for (const unsigned char c : signature.substr(0, 8)) seconds = seconds << 8 | c;
  const auto message = "cosignature/v1\ntime " + std::to_string(seconds) + "\n" + std::string(text);
  return seconds <= INT64_MAX && verifies(key, message, signature.substr(8)) ? std::optional(seconds) : std::nullopt;
}

/// `name` is the file that holds the note. A signature by a key that was given and that is not of this text is tampering.
inline Note read_note(std::string_view note, const Keys& keys, const std::string& name) {
  for (auto rest = note; !rest.empty();) {
    const auto c = next_character(rest).value_or(0);
    if (c < 0x20 && c != '\n') tampered(name + " is no signed note: it is not plain UTF-8");
  }
  const auto gap = note.rfind("\n\n");
  if (gap == note.npos) tampered(name + " is no signed note: no empty line parts text and signatures");
  Note out;
  out.text = note.substr(0, gap + 1);
  auto signatures = note.substr(gap + 2);

  constexpr std::size_t most = 64; // at least 16
  if (signatures.empty()) tampered(name + " has no signature");
  for (std::size_t n = 1; !signatures.empty(); ++n) {
    if (n > most) tampered(name + " has more than " + std::to_string(most) + " signatures");
    constexpr auto dash = "\xe2\x80\x94 "sv;
    auto line = next_line(signatures).value_or("");
    const bool dashed = line.starts_with(dash);
    if (dashed) line.remove_prefix(dash.size());
    const auto space = std::min(line.find(' '), line.size());
    const auto bytes = decode64(line.substr(std::min(space + 1, line.size()))); // key id, signature
    if (!dashed || !bytes || bytes->size() < 5 || !is_key_name(line.substr(0, space)))
      tampered(name + ": what should be signature " + std::to_string(n) + " is none");
    bool known = false;
    for (const auto& key : keys) {
      if (key.name != line.substr(0, space) || key.id != bytes->substr(0, 4)) continue;
      known = true;
      const auto signature = std::string_view(*bytes).substr(4);
      if (key.witness) {
        const auto seconds = cosigned(key, out.text, signature);
        if (!seconds) tampered(name + ": the cosignature by " + key.name + " is not of this text");
        const bool counted = std::any_of(out.witnesses.begin(), out.witnesses.end(),
                                         [&](const auto& w) { return w.public_key == key.public_key; });
        if (!counted) out.witnesses.push_back({key.name, key.public_key, *seconds});
        continue;
      }
      if (!verifies(key, out.text, signature))
        tampered(name + ": the signature by " + key.name + " is not of this text");
      out.signers.push_back(&key);
    }
    if (!known) out.others = true;
  }
  return out;
}

struct Checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  Hash root{};
  bool trusted = false;           // signed by a key that was given and that has the name of the log
  std::int64_t until = INT64_MAX; // then: the time to which the latest of those keys counts
  std::vector<Cosignature> witnesses;

  /// Nothing that a head covers was received after the last of its keys had ended.
  void need_time(std::int64_t received, const std::string& name, const std::string& what) const {
    if (trusted && received > until)
      tampered(name + " is signed by an expired key: " + what + " was received after its `until`");
  }
};

inline Checkpoint read_checkpoint(std::string_view bytes, const Keys& keys, const std::string& name) {
  const auto note = read_note(bytes, keys, name);
  auto lines = note.text;
  const auto origin = next_line(lines).value_or("");
  const auto size = number(next_line(lines).value_or(""));
  const auto root = decode_hash(next_line(lines).value_or(""));
  if (origin.empty() || !size || !root)
    tampered(name + " is no checkpoint: it must begin with origin, number of entries and root");
  while (!lines.empty())
    if (next_line(lines).value_or("").empty()) tampered(name + " is no checkpoint: its text has an empty line");
  Checkpoint out;
  out.origin = origin;
  out.size = *size;
  out.root = *root;
  for (const auto* key : note.signers) {
    if (key->name != origin) continue; // the key of one log says nothing about another
    out.until = out.trusted ? std::max(out.until, key->until) : key->until;
    out.trusted = true;
  }
  out.witnesses = note.witnesses;
  return out;
}

struct Proof {
  std::uint64_t index = 0;
  std::vector<Hash> path;
  bool extra = false; // data that nothing vouches for
  Checkpoint head;
};

inline Proof read_proof(std::string_view rest, const Keys& keys, const std::string& name) {
  Proof out;
  if (next_line(rest) != "c2sp.org/tlog-proof@v1") tampered(name + " is no tlog-proof");
  auto line = next_line(rest).value_or("");
  if (line.starts_with("extra ")) {
    if (decode64(line.substr(6)).value_or("").empty()) tampered(name + ": its extra data is none in base64");
    out.extra = true;
    line = next_line(rest).value_or("");
  }
  const auto index = line.starts_with("index ") ? number(line.substr(6)) : std::nullopt;
  if (!index) tampered(name + " does not say which entry it is about");
  out.index = *index;
  for (line = next_line(rest).value_or(""); !line.empty(); line = next_line(rest).value_or("")) {
    const auto hash = decode_hash(line);
    if (!hash || out.path.size() == 63) tampered(name + ": its path is not one of hashes");
    out.path.push_back(*hash);
  }
  out.head = read_checkpoint(rest, keys, name);
  return out;
}

// ---- leaves ------------------------------------------------------------------------------------------------------

/// Its texts are views of what it was read from.
struct Leaf {
  std::uint64_t kind = 0, clock = 0, partition = 0, from = 0, offset = 0;
  std::int64_t time = 0, received = 0;                                           // ms since 1970
  std::string_view id, subject, payload, payload_sm3, topic, policy, build, mac; // payload_sm3: empty in version 1

  /// A scan, posting or command that came in; the others are conclusions.
  bool of_input() const { return kind == 1 || kind == 3 || kind == 4; }
};
constexpr std::string_view kKinds[] = {"", "scan", "decision", "posting", "command", "hold", "finding"};
constexpr std::string_view kClocks[] = {"none", "synced", "free"};

inline Leaf read_leaf(std::string_view bytes, const std::string& name) {
  const auto take = [&](std::size_t n) {
    if (bytes.size() < n) tampered(name + " is no leaf: it ends too early");
    const auto out = bytes.substr(0, n);
    bytes.remove_prefix(n);
    return out;
  };
  const auto integer = [&](std::size_t n) {
    std::uint64_t out = 0;
    for (const unsigned char c : take(n)) out = out << 8 | c;
    return out;
  };
  const auto text = [&] { return take(integer(1)); };

  const auto version = integer(1);
  if (version != 1 && version != 2)
    incomplete(name + " is a leaf of version " + std::to_string(version) + ", which is not known here");
  Leaf l;
  l.kind = integer(1);
  if (l.kind < 1 || l.kind > 6) tampered(name + " is no leaf: its kind is " + std::to_string(l.kind));
  l.id = text();
  l.subject = take(32);
  l.payload = take(32);
  if (version == 2) {
    l.payload_sm3 = text();
    if (l.payload_sm3.size() != 32) tampered(name + " is no leaf: its SM3 is not of 32 bytes");
  }
  l.time = static_cast<std::int64_t>(integer(8));
  l.received = static_cast<std::int64_t>(integer(8));
  l.clock = integer(1);
  if (l.clock > 2) tampered(name + " is no leaf: its clock is " + std::to_string(l.clock));
  l.topic = text();
  l.partition = integer(4);
  l.from = integer(8);
  l.offset = integer(8);
  if (l.offset > INT64_MAX) tampered(name + ": no topic has its offset");
  l.policy = text();
  l.build = text();
  l.mac = text();
  if (!bytes.empty()) tampered(name + " is no leaf: it goes on after its end");
  if (l.of_input() && l.topic.empty()) tampered(name + " is of something received and names no record");
  if (l.of_input() ? l.from > l.offset : l.from != 0)
    tampered(name + ": its `from` does not go with its kind and offset");
  return l;
}

} // namespace verify
