// Whole folders: a log, and a bundle, as onecode-verify reads them from a disk, which is one in memory where there is one; and the prover, who makes proofs
// out of tiles that anybody may have written.
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "evidence/check_log.hpp"
#include "evidence/tlog_proof.hpp"
#include "tests/fuzz/world.hpp"
#include "tests/unit/evidence/by_the_book.hpp"

#define main onecode_verify_main // the program is to be called, not to be run
#include "verify/verify.cpp"
#undef main

namespace onecode_test::fuzz {

namespace {

namespace fs = std::filesystem;

/// One folder for all inputs of a process; only what differs is written.
class Folder {
public:
  Folder() {
    std::error_code ec;
    const fs::path memory = "/dev/shm";
    auto name =
        ((fs::is_directory(memory, ec) && access(memory.c_str(), W_OK) == 0 ? memory : fs::temp_directory_path(ec)) /
         "onecode-fuzz-XXXXXX")
            .string();
    require(mkdtemp(name.data()) != nullptr, "there is no place for files");
    path_ = name;
  }
  ~Folder() {
    std::error_code ec;
    fs::remove_all(path_, ec);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& holding(const Files& files) {
    for (const auto& [name, bytes] : there_)
      if (!files.contains(name)) fs::remove(path_ / name);
    for (const auto& [name, bytes] : files) {
      if (const auto found = there_.find(name); found != there_.end() && found->second == bytes) continue;
      fs::create_directories((path_ / name).parent_path());
      std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << bytes;
    }
    there_ = files;
    return path_;
  }

private:
  fs::path path_;
  Files there_;
};

const TreeHash& root_at(std::uint64_t size) {
  static std::map<std::uint64_t, TreeHash> roots;
  const auto [at, fresh] = roots.try_emplace(size);
  if (fresh) {
    std::vector<TreeHash> hashes;
    for (std::uint64_t i = 0; i < size; ++i) hashes.push_back(leaf_hash(leaf_at(i)));
    at->second = root_by_the_book(hashes);
  }
  return at->second;
}

template <class Check>
verify::Report report_of(Check check) {
  verify::Report report;
  try {
    check(report);
  } catch (const verify::Failure& f) {
    require(f.verdict != verify::Verdict::usage && f.verdict != verify::Verdict::sound, "a folder is no usage");
    report.add("folder", f);
  }
  return report;
}

// ---- log ---------------------------------------------------------------------------------------------------------

std::vector<std::string> names_of(const Files& files) {
  std::vector<std::string> out;
  for (const auto& [name, bytes] : files) out.push_back(name);
  return out;
}
/// Also those of logs that are smaller, whose tiles go when there are full ones, and of one that is larger.
const std::vector<std::string>& log_names() {
  static const auto names = [] {
    std::set<std::string> out{"tile/0/000.p/2",   "tile/entries/000.p/2", "tile/0/001",
                              "tile/entries/001", "tile/1/000",           "tile/2/000.p/1"};
    for (const std::uint64_t size : {std::uint64_t{1}, kSmall, kLarge})
      for (const auto& [name, bytes] : log_files(size)) out.insert(name);
    return std::vector<std::string>(out.begin(), out.end());
  }();
  return names;
}

/// The entries, and which files it was that the engine has read; nullopt: it refuses.
struct FirstReading {
  std::vector<std::string> entries;
  Files read;
};
std::optional<FirstReading> first_reading(const Files& files) {
  const auto found = files.find("checkpoint");
  if (found == files.end()) return std::nullopt;
  const auto head = signed_checkpoint(found->second, keys().log.key.name, keys().log.key);
  if (!head) return std::nullopt;
  try {
    FirstReading out{{}, {*found}};
    const auto read = [&](const std::string& path) {
      auto bytes = reader_of(files)(path);
      if (bytes) out.read[path] = *bytes;
      return bytes;
    };
    check_log(read, *head, [&](std::string_view e) { out.entries.emplace_back(e); });
    require(out.entries.size() == head->size, "a log has other entries than its head says");
    return out;
  } catch (const TileError&) {
    return std::nullopt;
  }
}

void read_log(std::string_view input) {
  static Folder folder;
  Reader r(input);
  const auto how = r.number(1);
  auto files = unpacked(r.rest(), log_names());
  if (how % 2 == 1) { // a head of that size and of the root that its entries have
    std::vector<TreeHash> hashes;
    for (const auto* name : {"tile/entries/000", "tile/entries/000.p/1", "tile/entries/000.p/3"}) {
      const auto found = files.find(name);
      if (found == files.end() || !hashes.empty()) continue;
      for (unsigned width = std::min(how / 2, std::uint64_t{256}); width > 0 && hashes.empty(); --width)
        if (const auto entries = split_bundle(found->second, width))
          for (const auto e : *entries) hashes.push_back(leaf_hash(e));
    }
    files["checkpoint"] = keys().log.head(hashes.size(), root_by_the_book(hashes));
    for (std::size_t i = 0; i < hashes.size(); ++i) { // and its hashes, which nobody would find
      if (i == 0) files["tile/0/000.p/" + std::to_string(hashes.size())].clear();
      append_hash(files["tile/0/000.p/" + std::to_string(hashes.size())], hashes[i]);
    }
  }
  const auto verdict_of = [&](const Files& some) {
    const auto& path = folder.holding(some);
    return report_of([&](verify::Report& report) { verify::check_logs(path, {keys().second[0]}, 0, report); })
        .verdict();
  };
  const auto one = first_reading(files);
  const auto two = verdict_of(files);
  if (two == verify::Verdict::sound) require(one.has_value(), "only onecode-verify takes this log");
  for (const std::uint64_t size : {std::uint64_t{1}, kSmall, kLarge})
    if (files == log_files(size))
      require(one && two == verify::Verdict::sound, "a log as it was published is refused");
  if (!one || two == verify::Verdict::sound) return;
  // It looks at more than the engine's check of a log as such: at leaves and their order …
  verify::Order order;
  try {
    for (const auto& entry : one->entries) order.follow(verify::read_leaf(entry, "entry"), "entry");
  } catch (const verify::Failure&) {
    return;
  }
  // … and at tiles of a time when the log was smaller, which nobody needs any more.
  require(verdict_of(one->read) == verify::Verdict::sound, "only the engine takes this log");
}

std::vector<std::string> logs() {
  std::vector<std::string> out;
  for (const std::uint64_t size : {std::uint64_t{1}, kSmall, kLarge}) {
    const auto files = packed(log_files(size), log_names());
    require(unpacked(files, log_names()) == log_files(size), "a log is not packed as it is");
    for (const char how : {'\0', static_cast<char>(2 * size + 1)}) out.push_back(how + files);
  }
  // Heads that the log has signed and that are not those of its files.
  for (const auto& [size, root] :
       {std::pair(kSmall, TreeHash{}), {kSmall, root_at(1)}, {kSmall - 1, root_at(kSmall)}}) {
    auto files = log_files(kSmall);
    files["checkpoint"] = keys().log.head(size, root);
    out.push_back('\0' + packed(files, log_names()));
  }
  return out;
}

void keep_log_sound() {
  for (const std::uint64_t size : {std::uint64_t{1}, kSmall, kLarge})
    require(first_reading(log_files(size)).has_value(), "a seed is not sound");
}

// ---- bundle ------------------------------------------------------------------------------------------------------

std::string manifest_of(const Files& files) {
  std::string text = "onecode-bundle/1\nabout account a-0012345\nmade 2026-11-30T05:00:00.000Z\n";
  for (const auto& [name, bytes] : files)
    text += "file " + verify::hex(verify::view(verify::sha256({bytes}))) + " " + std::to_string(bytes.size()) + " " +
            name + "\n";
  return to_text(SignedNote{text, {keys().by_log(text)}});
}

Files bundle_of(const std::vector<std::uint64_t>& indices, std::uint64_t size) {
  Files out{{"VERIFY.html", "<p>"}, {"policy/p-1.json", "{}"}};
  int n = 0;
  for (const auto i : indices) {
    const auto stem = "records/000" + std::to_string(++n);
    TileReader tiles(reader_of(log_files(size)), size);
    out[stem + ".leaf"] = leaf_at(i);
    out[stem + ".tlog-proof"] = to_text(TlogProof{"", i, tiles.inclusion_proof(i), log_files(size).at("checkpoint")});
    out[stem + ".payload"] = payload_of(i);
    out[stem + ".subject"] = verify::hex(bytes_of(commitment_of(i).salt)) + " " + std::string(kSubject) + "\n";
  }
  out["manifest"] = manifest_of(out);
  return out;
}

const std::vector<Files>& bundles() {
  static const std::vector<Files> all{bundle_of({0, 2}, kSmall), bundle_of({1, 298, 299}, kLarge)};
  return all;
}
const std::vector<std::string>& bundle_names() {
  static const auto names = [] {
    auto out = names_of(bundles()[1]);
    for (const auto* more :
         {"extra", "records/0004.leaf", "records/0004.tlog-proof", "records/0004.payload", "records/00001.leaf"})
      out.push_back(more);
    return out;
  }();
  return names;
}

/// What makes a bundle whose manifest is honest sound, as the engine reads leaves and proofs.
void require_proven(const Files& files) {
  std::set<std::uint64_t> seen;
  for (const auto& [name, bytes] : files) {
    if (!name.ends_with(".leaf")) continue;
    const auto stem = name.substr(0, name.size() - 5);
    const auto at = [&](const char* what) {
      const auto found = files.find(stem + what);
      return found == files.end() ? std::nullopt : std::optional(found->second);
    };
    const auto proof = parse_tlog_proof(at(".tlog-proof").value_or(""));
    require(proof && proven(*proof, bytes, keys().log.key.name, keys().log.key), "sound, and a leaf is not proven");
    require(proof->index < kLarge && bytes == leaf_at(proof->index), "sound, and a leaf was never logged");
    require(seen.insert(proof->index).second, "sound, and an entry is there twice");
    if (const auto payload = at(".payload"))
      require(*payload == payload_of(proof->index), "sound, and a payload is another");
    if (const auto subject = at(".subject"))
      require(
          *subject == verify::hex(bytes_of(commitment_of(proof->index).salt)) + " " + std::string(kSubject) + "\n",
          "sound, and a subject is another");
  }
}

void read_bundle(std::string_view input) {
  static Folder folder;
  Reader r(input);
  const auto how = r.number(1);
  auto files = unpacked(r.rest(), bundle_names());
  if (how % 2 == 1) { // the exporter lies
    files.erase("manifest");
    files["manifest"] = manifest_of(files);
  }
  const auto& path = folder.holding(files);
  const auto report = report_of([&](verify::Report& out) { verify::Bundle(path, {keys().second[0]}, out).check(); });
  const bool sound = report.verdict() == verify::Verdict::sound;
  const bool as_made = std::find(bundles().begin(), bundles().end(), files) != bundles().end();
  if (as_made) require(sound, "a bundle as it was made is refused");
  if (sound && how % 2 == 0) require(as_made, "what the exporter did not make is sound");
  if (sound) require_proven(files);
}

std::vector<std::string> packed_bundles() {
  std::vector<std::string> out;
  for (const auto& files : bundles())
    for (const char how : {'\0', '\1'}) {
      out.push_back(how + packed(files, bundle_names()));
      for (const auto* changed : {"extra", "records/0001.payload", "records/0001.subject", "records/0002.leaf"}) {
        auto other = files;
        other[changed] += "x";
        out.push_back(how + packed(other, bundle_names()));
      }
    }
  return out;
}

// ---- prover ------------------------------------------------------------------------------------------------------

/// What throws TileError has proven nothing; nothing else may be thrown.
template <class Work>
auto perhaps(Work work) -> std::optional<decltype(work())> {
  try {
    return work();
  } catch (const TileError&) {
    return std::nullopt;
  }
}

std::vector<verify::Hash> second_path(const std::vector<TreeHash>& path) {
  std::vector<verify::Hash> out;
  for (const auto& h : path) out.push_back(verify::to_hash(bytes_of(h)));
  return out;
}

/// Bytes: how, index, before, then how much is changed, or tiles.
void prove(std::string_view input) {
  Reader r(input);
  const auto how = r.number(1);
  const auto size = how % 4 == 0 ? r.number(8) : how % 4 == 1 ? kSmall : kLarge;
  const auto index = size == 0 ? 0 : r.number(how % 4 == 0 ? 8 : 2) % size;
  const auto before = r.number(how % 4 == 0 ? 8 : 2) % (size == UINT64_MAX ? size : size + 1);
  auto files = unpacked(r.rest(), log_names());
  if (how % 8 >= 4) { // only some files differ from what they were
    auto own = log_files(kLarge);
    for (auto& [name, bytes] : own) files.try_emplace(name, std::move(bytes));
  }

  const auto read = reader_of(files);
  TileReader tiles(read, size);
  const auto root = perhaps([&] { return tiles.root(); });
  const auto path = size == 0 ? std::nullopt : perhaps([&] { return tiles.inclusion_proof(index); });
  const auto entry = size == 0 ? std::nullopt : perhaps([&] { return TileReader(read, size).entry(index); });
  const auto links = perhaps([&] { return tiles.consistency_proof(before); });
  const auto old_root = perhaps([&] { return TileReader(read, before).root(); });

  if (path && entry) {
    const auto leaf = leaf_hash(*entry);
    // At other places and in other sizes too, for which it was not made.
    for (const auto& to : {root.value_or(TreeHash{}), size <= kLarge ? root_at(size) : TreeHash{}})
      for (const auto& [claimed, at] :
           {std::pair(size, index), {before, index}, {before + 1, index}, {before + 1, before}})
        require(includes(to, claimed, at, leaf, *path) == verify::included(at, verify::leaf_hash(*entry),
                                                                           second_path(*path), claimed,
                                                                           verify::to_hash(bytes_of(to))),
                "they judge this inclusion proof differently");
    if (size <= kLarge && includes(root_at(size), size, index, leaf, *path))
      require(*entry == leaf_at(index), "another entry is proven to be in the log");
    if (root && size <= kLarge && *root != root_at(size) && includes(*root, size, index, leaf, *path))
      require(!includes(root_at(size), size, index, leaf, *path), "a proof is of two roots");
  }
  if (links && old_root && size <= kLarge && consistent(before, *old_root, size, root_at(size), *links))
    require(before == 0 || *old_root == root_at(before), "another log is proven to be the beginning of the log");
  // Out of tiles that are what they should be it proves what is so.
  if (size == kLarge && files == log_files(kLarge)) {
    require(root == root_at(size) && path && includes(*root, size, index, leaf_hash(leaf_at(index)), *path),
            "a true entry is not proven");
    require(links && consistent(before, root_at(before), size, *root, *links), "a true beginning is not proven");
  }
}

std::vector<std::string> provers() {
  std::vector<std::string> out;
  const auto small = packed(log_files(kSmall), log_names()), large = packed(log_files(kLarge), log_names());
  for (const std::uint64_t size : {std::uint64_t{1}, std::uint64_t{257}, std::uint64_t{1} << 40, UINT64_MAX})
    out.push_back('\0' + big_endian(size, 8) + big_endian(size / 2, 8) + big_endian(size / 3, 8) + large);
  for (const std::uint64_t before : {1, 2, 3}) out.push_back('\1' + big_endian(2, 2) + big_endian(before, 2) + small);
  for (const std::uint64_t i : {0, 1, 255, 256, 299}) {
    out.push_back('\2' + big_endian(i, 2) + big_endian(i, 2) + large);
    out.push_back('\6' + big_endian(i, 2) + big_endian(i / 2, 2));
    out.push_back('\6' + big_endian(i, 2) + big_endian(i, 2) + big_endian(4, 1) + big_endian(64, 2) +
                  std::string(64, 'x'));
  }
  return out;
}

} // namespace

const Target kLog{"log",
                  [] {
                    keep_log_sound();
                    return logs();
                  },
                  read_log, 20},
    kBundle{"bundle", packed_bundles, read_bundle, 20}, kProver{"prover", provers, prove, 20};

} // namespace onecode_test::fuzz
