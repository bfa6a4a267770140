// One reader each: leaves, signed notes and checkpoints, keys, proofs, manifests.
#include <algorithm>
#include <stdexcept>

#include "evidence/tlog_proof.hpp"
#include "tests/fuzz/world.hpp"
#include "verify/bundle.hpp"

namespace onecode_test::fuzz {

namespace {

using namespace onecode;

// ---- leaf --------------------------------------------------------------------------------------------------------

void read_leaf(std::string_view input) {
  const auto one = parse_leaf(input);
  const auto two = second([&] { return verify::read_leaf(input, "leaf"); });
  if (one) {
    std::string again;
    append(again, *one);
    require(again == input, "a leaf has two spellings");
  }
  // What a leaf alone cannot have right is the affair of whoever follows them, in the engine; and only it knows all topics.
  const bool order = one && (one->from != 0 || one->offset < 0 || !one->at);
  const bool place =
      two && std::none_of(kTopics.begin(), kTopics.end(), [&](auto& t) { return t.name == two->topic; });
  if (!order && !place) require(one.has_value() == two.has_value(), "only one of them reads this leaf");
  if (!one || !two) return;
  require(static_cast<std::uint64_t>(one->kind) == two->kind &&
              static_cast<std::uint64_t>(one->clock) == two->clock && one->time.ms == two->time &&
              one->received.ms == two->received && static_cast<std::uint64_t>(one->from) == two->from &&
              static_cast<std::uint64_t>(one->offset) == two->offset && one->id == two->id &&
              one->policy == two->policy && one->build == two->build && one->mac == two->mac &&
              bytes_of(one->subject) == two->subject && bytes_of(one->payload) == two->payload,
          "they read this leaf differently");
}

std::vector<std::string> leaves() { return {leaf_at(0), leaf_at(1), leaf_at(2)}; }

// ---- note --------------------------------------------------------------------------------------------------------

void compare_checkpoints(const std::string& note) {
  const auto& k = keys();
  const auto two = second([&] { return verify::read_checkpoint(note, k.second, "note"); });
  const auto parsed = parse_note(note);
  const auto ed25519 = signed_checkpoint(note, k.log.key.name, k.log.key);
  const bool sm2 = parsed && signed_by(*parsed, k.sm2);
  const auto head = parsed ? parse_checkpoint(parsed->text) : std::nullopt;
  if (two && two->trusted) {
    require(ed25519 || sm2, "only onecode-verify trusts this head");
    require(head && head->origin == two->origin && head->size == two->size &&
                bytes_of(head->root) == verify::view(two->root),
            "they read this head differently");
  }
  // A signature by a known key that is wrong is tampering to the one, and passed over by the other, who has one that is right.
  const auto text = std::string_view(note).substr(0, note.rfind("\n\n") + 1);
  const bool all_good =
      parsed && std::all_of(parsed->signatures.begin(), parsed->signatures.end(), [&](const auto& s) {
        const auto of = [&](const NoteKey& key) { return s.name == key.name && s.key_id == key_id(key); };
        const SignedNote alone{std::string(text), {s}};
        return (!of(k.log.key) || signed_by(alone, k.log.key)) &&
               (!of(k.sm2) || (s.bytes.size() == 64 && signed_by(alone, k.sm2)));
      });
  if (ed25519 && all_good) require(two && two->trusted, "only the engine trusts this head");
}

void read_note(std::string_view input) {
  Reader r(input);
  const auto how = r.number(1);
  const auto rest = std::string(r.rest());
  if (how % 4 == 0) {
    const auto one = parse_note(rest);
    const auto two = second([&] { return verify::read_note(rest, {}, "note"); });
    require(one.has_value() == two.has_value(), "only one of them reads this note");
    if (one) require(one->text == two->text && to_text(*one) == rest, "a note has two spellings");
    const auto three = one ? parse_checkpoint(one->text) : std::nullopt;
    const auto four = second([&] { return verify::read_checkpoint(rest, {}, "note"); });
    require(three.has_value() == four.has_value(), "only one of them reads this checkpoint");
    if (three) require(to_text(*three) == one->text, "a checkpoint has two spellings");
    compare_checkpoints(rest);
    return;
  }
  // The first part is a text that gets signed, the second what others wrote below.
  const auto cut = std::min<std::size_t>(r.number(2), rest.size());
  const auto text = rest.substr(0, rest.size() - cut), below = rest.substr(rest.size() - cut);
  try {
    SignedNote note{text, {}};
    if (how % 4 != 2) note.signatures.push_back(keys().by_log(text));
    if (how % 4 != 1) note.signatures.push_back(keys().by_sm2(text));
    compare_checkpoints(to_text(note) + below);
  } catch (const std::invalid_argument&) { // no text that can be signed
  }
}

std::vector<std::string> notes() {
  const auto text = to_text(Checkpoint{keys().log.key.name, 5, {}, {}});
  const auto longer = to_text(Checkpoint{keys().log.key.name, 70000, {1, 2}, {"more", "\xe4\xb8\x80"}});
  const auto witness = "\xe2\x80\x94 w " + verify::encode64("1234unknown") + "\n";
  std::vector<std::string> out;
  for (const auto& t : {text, longer}) {
    out.push_back('\0' + to_text(SignedNote{t, {keys().by_log(t), keys().by_sm2(t)}}));
    out.push_back('\0' + to_text(SignedNote{t, {keys().by_log(t)}}) + witness);
    for (const char how : {'\1', '\2', '\3'}) {
      out.push_back(how + big_endian(witness.size(), 2) + t + witness);
      out.push_back(how + big_endian(0, 2) + t);
    }
  }
  return out;
}

// ---- key ---------------------------------------------------------------------------------------------------------

void compare_keys(std::string_view input) {
  const auto one = parse_verifier(input);
  const auto two = second([&] { return verify::read_key(input, "key"); });
  if (one) require(verifier_of(*one) == input, "a key has two spellings");
  require(one.has_value() == (two && *two), "only one of them reads this key");
  if (one)
    require(one->name == (*two)->name && one->public_key == (*two)->public_key &&
                (one->type == NoteKey::Type::sm2) == (*two)->sm2 &&
                (one->type == NoteKey::Type::cosignature) == (*two)->witness,
            "they read this key differently");
}

void read_key(std::string_view input) {
  compare_keys(input);
  for (auto key : {keys().log.key, keys().sm2}) { // with an id that fits
    key.name = input;
    compare_keys(verifier_of(key));
    if (key.type == NoteKey::Type::sm2) continue; // only the one asks at once whether it is a point
    key.name = "log";
    key.public_key.replace(0, std::min(input.size(), key.public_key.size()), input.substr(0, key.public_key.size()));
    compare_keys(verifier_of(key));
  }
  const auto all = second([&] { return verify::read_keys(input, "keys"); });
  if (all)
    for (const auto& key : *all) require(key.from <= key.until, "a key counts at no time");
}

std::vector<std::string> key_files() {
  const auto log = verifier_of(keys().log.key), sm2 = verifier_of(keys().sm2);
  return {"log.example",
          "caf\xc3\xa9\xc2\xa0",
          std::string("\4") + std::string(64, 'x'),
          log,
          sm2,
          log + " until=2026-03-02T04:00:00.456Z\n" + sm2 + " from=2026-03-02T04:00:00Z until=2027-01-01T00:00:00Z\n",
          verifier_of({"witness", NoteKey::Type::cosignature, keys().log.key.public_key})};
}

// ---- proof -------------------------------------------------------------------------------------------------------

TlogProof proof_of(std::uint64_t index, std::uint64_t size) {
  TileReader tiles(reader_of(log_files(size)), size);
  return {"", index, tiles.inclusion_proof(index), log_files(size).at("checkpoint")};
}

void read_proof(std::string_view input) {
  const auto& k = keys();
  const auto one = parse_tlog_proof(input);
  const auto two = second([&] { return verify::read_proof(input, k.second, "proof"); });
  if (one) require(to_text(*one) == input, "a proof has two spellings");
  if (two) {
    require(one.has_value(), "only onecode-verify reads this proof");
    require(one->index == two->index && one->hashes.size() == two->path.size(), "they read this proof differently");
  }
  if (!one) return;
  // Which entry it is about is not in a proof: the one that it says it is, or another.
  for (const auto index : {one->index % kLarge, (one->index + 1) % kLarge}) {
    const auto entry = leaf_at(index);
    const auto head = proven(*one, entry, k.log.key.name, k.log.key);
    const bool shown =
        two && two->head.trusted &&
        verify::included(two->index, verify::leaf_hash(entry), two->path, two->head.size, two->head.root);
    // Signatures of either key count for the one.
    if (head && two) require(shown, "only the engine finds this proven");
    if (shown)
      require(head || second([&] {
                        return verify::read_proof(input, {k.second[1]}, "proof").head.trusted;
                      }).value_or(false),
              "only onecode-verify finds this proven");
    if (head || shown) require(one->index == index && (!head || head->size > index), "proven, and not so");
  }
}

std::vector<std::string> proofs() {
  std::vector<std::string> out;
  for (const auto& [index, size] :
       {std::pair<std::uint64_t, std::uint64_t>{0, 1}, {1, 3}, {2, 3}, {0, 300}, {255, 300}, {299, 300}})
    out.push_back(to_text(proof_of(index, size)));
  auto extra = proof_of(1, 3);
  extra.extra = "extra";
  out.push_back(to_text(extra));
  return out;
}

// ---- manifest ----------------------------------------------------------------------------------------------------

std::string time_of(std::int64_t ms) {
  const auto day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(ms)));
  const std::chrono::year_month_day date(day);
  const auto rest = ms - std::chrono::duration_cast<std::chrono::milliseconds>(day.time_since_epoch()).count();
  char out[64];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(rest / 3600000), static_cast<int>(rest / 60000 % 60),
                static_cast<int>(rest / 1000 % 60), static_cast<int>(rest % 1000));
  return out;
}

void read_manifest(std::string_view input) {
  std::string note(input);
  if (const auto how = Reader(input).number(1); !input.empty() && how < 3) {
    const auto text = note.substr(1);
    try {
      SignedNote signed_note{text, {}};
      if (how != 1) signed_note.signatures.push_back(keys().by_log(text));
      if (how != 0) signed_note.signatures.push_back(keys().by_sm2(text));
      note = to_text(signed_note);
    } catch (const std::invalid_argument&) {
      return;
    }
  }
  const auto m = second([&] { return verify::read_manifest(note, keys().second, "manifest"); });
  if (!m) return;
  std::string again = "onecode-bundle/1\nabout " + m->kind + " " + m->id + "\nmade " + time_of(m->made) + "\n";
  for (const auto& f : m->files) {
    again += "file " + verify::hex(verify::view(f.sha256)) + " " + std::to_string(f.size) + " " + f.path + "\n";
    require(!f.path.starts_with('/') && ("/" + f.path + "/").find("/../") == std::string::npos,
            "a path leaves the folder");
    second([&] { return verify::record_number(f.path); });
  }
  require(note.starts_with(again + "\n"), "a manifest has two spellings");
}

std::vector<std::string> manifests() {
  const std::string hash(64, 'a');
  const auto text = "onecode-bundle/1\nabout account a-0012345\nmade 2026-11-30T05:00:00.000Z\nfile " + hash +
                    " 12 VERIFY.html\nfile " + hash + " 0 keys.txt\nfile " + hash + " 99 records/0001.leaf\nfile " +
                    hash + " 1234567 records/0001.tlog-proof\n";
  const auto spelled = [&](std::string from, const std::string& to) {
    auto out = '\0' + text;
    return out.replace(out.find(from), from.size(), to);
  };
  return {spelled(" 12 ", " 012 "),
          spelled("aaa", "AAA"),
          spelled("keys.txt", "../keys.txt"),
          spelled(".000Z", "Z"),
          '\0' + text,
          '\1' + text,
          '\2' + text,
          to_text(SignedNote{text, {keys().by_log(text)}}),
          to_text(SignedNote{text, {keys().by_sm2(text)}})};
}

} // namespace

const Target kLeaf{"leaf", leaves, read_leaf}, kNote{"note", notes, read_note, 3},
    kKey{"key", key_files, read_key, 3}, kProof{"proof", proofs, read_proof, 3},
    kManifest{"manifest", manifests, read_manifest, 3};

} // namespace onecode_test::fuzz
