// onecode-verify: checks onecode's transparency logs, and bundles of evidence out of them, and knows nothing else of onecode. A second reading of
// the published formats (formats.hpp, bundle.hpp), so that a mistake in the engine's own reading shows as a disagreement: libcrypto and the standard library only.
//   Input   is hostile. Each file has a largest size, memory is that of one bundle, and what is printed of it is escaped.
//   Errors  end the check of a log as a Failure. A missing hash tile does not: what it says is computed from the entries.
#include <array>
#include <bit>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "verify/bundle.hpp"
#include "verify/formats.hpp"

namespace verify {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWidth = 256; // hashes of a full tile, entries of a full bundle
constexpr std::size_t kMaxEntry = 0xffff, kMaxBundle = kWidth * (2 + kMaxEntry);
constexpr std::size_t kMaxNote = 1 << 20, kMaxKeys = 1 << 20, kMaxProof = 4 << 20;
constexpr std::size_t kMaxManifest = 32 << 20, kMaxSubject = 1 << 10;
constexpr std::size_t kMaxGapsShown = 20; // each transaction of a producer leaves one

using Fields = std::vector<std::pair<std::string, std::string>>;

/// Sentences in the order in which they were found, and the worst verdict of all.
class Report {
public:
  void add(std::string kind, std::string_view about, std::string_view text, Fields fields = {}) {
    for (auto& field : fields) field.second = printable(field.second);
    findings_.push_back({std::move(kind), printable(about), printable(text), std::move(fields)});
  }
  void add(std::string_view about, const Failure& f) {
    if (verdict_ != Verdict::tampered) verdict_ = f.verdict;
    add(f.verdict == Verdict::tampered ? "tampered with" : "incomplete", about, f.what);
  }
  Verdict verdict() const { return verdict_; }

  void print() const {
    for (const auto& f : findings_) {
      std::printf("%s: %s: %s\n", f.about.c_str(), f.kind.c_str(), f.text.c_str());
      if (f.kind != "leaf") continue;
      for (const auto& [name, value] : f.fields) std::printf("  %-11s %s\n", name.c_str(), value.c_str());
    }
  }
  /// Values of fields are strings: not every reader of JSON has 64 bits for a number.
  void print_json() const {
    std::printf("{\"exit\":%d,\"findings\":[", static_cast<int>(verdict_));
    for (const auto& f : findings_) {
      std::printf("%s{\"kind\":%s,\"about\":%s,\"text\":%s", &f == findings_.data() ? "" : ",",
                  quoted(f.kind).c_str(), quoted(f.about).c_str(), quoted(f.text).c_str());
      const char* before = ",\"fields\":{";
      for (const auto& [name, value] : f.fields) {
        std::printf("%s%s:%s", before, quoted(name).c_str(), quoted(value).c_str());
        before = ",";
      }
      std::printf(f.fields.empty() ? "}" : "}}");
    }
    std::printf("]}\n");
  }

private:
  struct Finding {
    std::string kind, about, text;
    Fields fields;
  };
  static std::string quoted(std::string_view printable_text) {
    std::string out = "\"";
    for (const char c : printable_text) (c == '"' || c == '\\' ? out += '\\' : out) += c;
    return out + '"';
  }

  std::vector<Finding> findings_;
  Verdict verdict_ = Verdict::sound;
};

std::string counted(std::uint64_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}
std::string entries(std::uint64_t n) { return counted(n, "entry", "entries"); }

/// nullopt: no such file.
std::optional<std::string> read_file(const fs::path& path, std::size_t largest) {
  std::error_code ec;
  if (!fs::is_regular_file(path, ec)) return std::nullopt; // nor a pipe that never ends
  std::ifstream in(path, std::ios::binary);
  std::string out;
  char buffer[1 << 14];
  while (in.read(buffer, sizeof buffer), in.gcount() > 0) {
    out.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (out.size() > largest) tampered(path.string() + " is larger than such a file can be");
  }
  if (in.bad() || !in.eof()) incomplete(path.string() + " cannot be read");
  return out;
}

std::string read_needed(const fs::path& path, std::size_t largest) {
  auto bytes = read_file(path, largest);
  if (!bytes) incomplete(path.string() + " is missing");
  return std::move(*bytes);
}

// ---- tiles (C2SP tlog-tiles) -------------------------------------------------------------------------------------

/// How many hashes of a level tile `n` holds in a log of `size` entries: 0 to 256.
std::size_t tile_width(std::uint64_t size, int level, std::uint64_t n) {
  const std::uint64_t hashes = size >> (8 * level), before = n * kWidth;
  return hashes <= before ? 0 : static_cast<std::size_t>(std::min<std::uint64_t>(hashes - before, kWidth));
}

/// 1234067 is x001/x234/067.
fs::path tile_path(const fs::path& dir, const std::string& level, std::uint64_t n) {
  const auto digits = [](std::uint64_t three) { return std::to_string(1000 + three).substr(1); };
  auto path = digits(n % 1000);
  while ((n /= 1000) > 0) path = "x" + digits(n % 1000) + "/" + path;
  return dir / "tile" / level / path;
}

struct Tile {
  std::string name, bytes;
  bool exact = true; // false: the full one in place of the partial one, which may be deleted when the log has grown
};

std::optional<Tile> read_tile(const fs::path& full, std::size_t width, std::size_t largest) {
  if (width < kWidth) {
    const auto partial = full.string() + ".p/" + std::to_string(width);
    if (auto bytes = read_file(partial, largest)) return Tile{partial, std::move(*bytes), true};
  }
  auto bytes = read_file(full, largest);
  return bytes ? std::optional(Tile{full.string(), std::move(*bytes), width == kWidth}) : std::nullopt;
}

std::optional<Tile> read_hash_tile(const fs::path& full, std::size_t width) {
  auto tile = read_tile(full, width, kWidth * 32);
  if (tile && tile->bytes.size() != (tile->exact ? width : kWidth) * 32)
    tampered(tile->name + " has not the size of its hashes");
  return tile;
}

/// The first `width` entries; a full bundle in place of a partial one must be a full one.
std::vector<std::string_view> split(const Tile& bundle, std::size_t width) {
  const auto all = bundle.exact ? width : kWidth;
  std::vector<std::string_view> out;
  std::string_view rest = bundle.bytes;
  while (out.size() < all) {
    const std::size_t length = rest.size() < 2 ? 0 : octets(rest)[0] * 256u + octets(rest)[1];
    if (rest.size() < 2 + length)
      tampered(bundle.name + " ends within entry " + std::to_string(out.size()) + " of its " + std::to_string(all));
    out.push_back(rest.substr(2, length));
    rest.remove_prefix(2 + length);
  }
  if (!rest.empty()) tampered(bundle.name + " has more than its " + entries(all));
  out.resize(width);
  return out;
}

// ---- a whole log -------------------------------------------------------------------------------------------------

/// Whether the leaves of what came in follow one another as the records of their topics do.
class Order {
public:
  void follow(const Leaf& leaf, const std::string& name) {
    if (!leaf.of_input()) return;
    const auto topic = std::string(leaf.topic) + " " + std::to_string(leaf.partition);
    const auto [next, first] = next_.try_emplace(topic, leaf.from);
    if (first && leaf.from > 0)
      gap("records of " + topic + " before " + std::to_string(leaf.from) + " are older than the log");
    if (leaf.from != next->second)
      tampered(name + " is out of order: it goes on at " + std::to_string(leaf.from) + " of " + topic +
               ", and the leaf before it at " + std::to_string(next->second));
    const auto last = std::to_string(leaf.offset - 1);
    if (leaf.from + 1 == leaf.offset) gap("record " + last + " of " + topic + " has no leaf");
    if (leaf.from + 1 < leaf.offset)
      gap("records of " + topic + " from " + std::to_string(leaf.from) + " to " + last + " have no leaf");
    next->second = leaf.offset + 1;
  }
  void conclude(const std::string& about, Report& report) const {
    for (const auto& text : gaps_) report.add("note", about, text);
    if (more_ > 0) report.add("note", about, "and " + counted(more_, "gap more", "gaps more"));
  }

private:
  void gap(std::string text) { gaps_.size() < kMaxGapsShown ? gaps_.push_back(std::move(text)) : void(++more_); }

  std::map<std::string, std::uint64_t> next_; // offset, by topic and partition
  std::vector<std::string> gaps_;
  std::uint64_t more_ = 0;
};

class Log {
public:
  Log(fs::path dir, const Checkpoint& head, Report& report) : dir_(std::move(dir)), head_(head), report_(report) {}

  /// Every entry from the first to the last, and every hash tile as soon as the entries below it are known.
  void check() {
    Order order;
    for (std::uint64_t n = 0; n * kWidth < head_.size; ++n) {
      const auto width = tile_width(head_.size, 0, n);
      const auto path = tile_path(dir_, "entries", n);
      const auto bundle = read_tile(path, width, kMaxBundle);
      if (!bundle) incomplete(path.string() + missing_part(width) + " is missing");
      const auto leaves = split(*bundle, width);
      bundle_ = bundle->name;
      check_older(path, width, *bundle, [&](std::size_t w) {
        return octets(leaves[w - 1]) + leaves[w - 1].size() - octets(bundle->bytes);
      });
      const auto made = [&](int height, const Hash& hash) {
        if (height % 8 == 0) add_to_tile(height / 8, hash);
      };
      for (const auto leaf : leaves) edge_.append(0, leaf_hash(leaf), made);
      if ((n + 1) * kWidth >= head_.size) finish(); // so that the last leaves are known to be those that were signed
      for (std::size_t i = 0; i < width; ++i) {
        const auto name = "entry " + std::to_string(n * kWidth + i) + " (" + bundle_ + ")";
        const auto leaf = read_leaf(leaves[i], name);
        order.follow(leaf, name);
        if (n * kWidth + i + 1 == head_.size)
          head_.need_time(leaf.received, (dir_ / "checkpoint").string(), "the last entry");
      }
    }
    if (head_.size == 0) finish();
    order.conclude(dir_.string(), report_);
    conclude();
  }

private:
  struct Level {
    std::uint64_t tile = 0; // the one that is being filled
    std::string hashes;
  };

  static std::string missing_part(std::size_t width) { return width < kWidth ? ".p/" + std::to_string(width) : ""; }

  void add_to_tile(int level, const Hash& hash) {
    auto& l = levels_.at(static_cast<std::size_t>(level));
    l.hashes += view(hash);
    if (l.hashes.size() < kWidth * 32) return;
    check_tile(level, l);
    ++l.tile;
    l.hashes.clear();
  }

  void check_tile(int level, const Level& l) {
    const auto width = l.hashes.size() / 32;
    const auto path = tile_path(dir_, std::to_string(level), l.tile);
    const auto tile = read_hash_tile(path, width);
    if (!tile) {
      if (missing_++ == 0) first_missing_ = path.string() + missing_part(width);
      return;
    }
    for (std::size_t i = 0; i < width; ++i)
      if (tile->bytes.compare(i * 32, 32, l.hashes, i * 32, 32) != 0)
        tampered(tile->name + ": hash " + std::to_string(i) + " is not that of " +
                 (level == 0 ? "entry " + std::to_string(l.tile * kWidth + i) + " in " + bundle_
                             : "the " + std::to_string(kWidth) + " hashes below it"));
    check_older(path, width, *tile, [](std::size_t w) { return w * 32; });
  }

  /// Tiles of a time when the log was smaller may stay; then they are the beginning of what is there now.
  template <class Size>
  void check_older(const fs::path& full, std::size_t width, const Tile& tile, Size size_of) {
    ++files_;
    std::error_code ec;
    for (fs::directory_iterator i(full.string() + ".p", ec), end; !ec && i != end; i.increment(ec)) {
      const auto w = number(i->path().filename().string()).value_or(0);
      if (w == 0 || w >= width) continue;
      const auto older = read_file(i->path(), kMaxBundle);
      if (!older) continue;
      ++files_;
      if (*older != std::string_view(tile.bytes).substr(0, static_cast<std::size_t>(size_of(w))))
        tampered(i->path().string() + " is not the beginning of " + tile.name);
    }
  }

  void finish() {
    for (std::size_t i = 0; i < levels_.size(); ++i)
      if (!levels_[i].hashes.empty()) check_tile(static_cast<int>(i), levels_[i]);
    if (edge_.root() != head_.root)
      tampered((dir_ / "checkpoint").string() + ": its root is not that of the entries");
  }

  void conclude() {
    std::uint64_t present = 0;
    std::error_code ec, no;
    for (fs::recursive_directory_iterator i(dir_ / "tile", ec), end; !ec && i != end; i.increment(ec))
      present += i->is_regular_file(no) ? 1 : 0;
    if (present > files_)
      report_.add("note", dir_.string(),
                  "nobody vouches for " + counted(present - files_, "file", "files") +
                      " below tile/: the checkpoint does not cover them");
    if (missing_ > 0)
      incomplete(first_missing_ + " is missing" +
                 (missing_ > 1 ? ", and " + counted(missing_ - 1, "hash tile", "hash tiles") + " more" : ""));
  }

  fs::path dir_;
  const Checkpoint& head_;
  Report& report_;
  Edge edge_;
  std::array<Level, 8> levels_;           // enough for 2^63 entries
  std::string bundle_;                    // that was read last
  std::uint64_t files_ = 0, missing_ = 0; // looked at, not found
  std::string first_missing_;
};

// ---- commands ----------------------------------------------------------------------------------------------------

Checkpoint head_of(const fs::path& dir, const Keys& keys) {
  const auto path = dir / "checkpoint";
  return read_checkpoint(read_needed(path, kMaxNote), keys, path.string());
}

/// Whether the log in `dir`, whose head is `now`, begins with all that `old` stands for. Complete subtrees, read from hash tiles, make the
/// old root; the same ones and those that were added make the new root; so nothing that the first stands for is missing in the second.
void check_continues(const Checkpoint& old, const std::string& old_name, const Checkpoint& now, const fs::path& dir) {
  if (old.origin != now.origin)
    tampered(old_name + " is of the log " + old.origin + ", and " + dir.string() + " is the log " + now.origin);
  if (old.size > now.size)
    incomplete(dir.string() + " has " + entries(now.size) + ", and " + old_name + " is of " +
               std::to_string(old.size));
  if (old.size == now.size && old.root != now.root)
    tampered("the log forks: " + old_name + " and " + (dir / "checkpoint").string() + " are two heads of " +
             entries(now.size));
  const auto ignore = [](int, const Hash&) {};
  const auto subtree = [&](int height, std::uint64_t index) {
    const int level = height / 8;
    const auto count = std::uint64_t{1} << (height % 8), first = index * count, n = first / kWidth;
    const auto path = tile_path(dir, std::to_string(level), n);
    const auto tile = read_hash_tile(path, tile_width(now.size, level, n));
    if (!tile) incomplete(path.string() + " is missing");
    Edge edge;
    for (auto i = first % kWidth; i < first % kWidth + count; ++i)
      edge.append(0, to_hash(std::string_view(tile->bytes).substr(i * 32, 32)), ignore);
    return edge.root();
  };
  Edge edge;
  const auto grow = [&](std::uint64_t from, std::uint64_t to) {
    while (from < to) {
      const int height = std::min(std::countr_zero(from), static_cast<int>(std::bit_width(to - from)) - 1);
      edge.append(height, subtree(height, from >> height), ignore);
      from += std::uint64_t{1} << height;
    }
  };
  grow(0, old.size);
  if (edge.root() != old.root)
    tampered("the first " + entries(old.size) + " of " + dir.string() + " are not those of " + old_name);
  grow(old.size, now.size);
  if (edge.root() != now.root) tampered((dir / "checkpoint").string() + ": its root is not that of the hash tiles");
}

std::string time_text(std::int64_t ms) {
  char out[32] = "";
  std::tm utc{};
  const std::time_t seconds = ms / 1000;
  if (ms < 0 || gmtime_r(&seconds, &utc) == nullptr ||
      std::strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S.", &utc) == 0)
    return std::to_string(ms) + " ms after 1970";
  return out + std::to_string(1000 + ms % 1000).substr(1) + "Z";
}

void need_trust(const Checkpoint& head, const std::string& name) {
  if (!head.trusted) incomplete("no key was given that has the name " + head.origin + " and signed " + name);
}

void sound(Report& report, const std::string& about, const std::string& text, const Checkpoint& head) {
  report.add("sound", about, text,
             {{"origin", head.origin}, {"size", std::to_string(head.size)}, {"root", encode64(view(head.root))}});
}

/// Who has seen this head, and whether they are enough.
void need_witnesses(const Checkpoint& head, std::uint64_t wanted, const std::string& log, Report& report) {
  for (const auto& w : head.witnesses) {
    const bool shown = w.seconds < 4102444800; // 2100
    const auto at = shown ? time_text(static_cast<std::int64_t>(w.seconds) * 1000) : std::to_string(w.seconds);
    report.add("witnessed", log, "by " + w.name + " at " + at, {{"witness", w.name}, {"time", at}});
  }
  if (head.size > 0 && head.witnesses.size() < wanted) // an empty log says nothing that somebody could have seen
    incomplete(counted(head.witnesses.size(), "known witness has", "known witnesses have") +
               " cosigned the checkpoint, and " + std::to_string(wanted) + " are wanted");
}

bool holds_log(const fs::path& dir) {
  std::error_code ec;
  return fs::exists(dir / "checkpoint", ec) || fs::exists(dir / "tile", ec);
}

void check_logs(const fs::path& dir, const Keys& keys, std::uint64_t witnesses, Report& report) {
  std::set<fs::path> logs;
  if (holds_log(dir)) logs.insert(dir);
  std::error_code ec;
  for (fs::directory_iterator i(dir, ec), end; logs.count(dir) == 0 && !ec && i != end; i.increment(ec))
    if (holds_log(i->path())) logs.insert(i->path());
  if (logs.empty()) incomplete("there is no log");

  std::map<std::string, std::pair<fs::path, Checkpoint>> seen; // by origin
  for (const auto& log : logs) {
    try {
      const auto head = head_of(log, keys);
      const auto& [other, then] = seen.try_emplace(head.origin, log, head).first->second;
      Log(log, head, report).check();
      if (other != log) { // a copy, or a fork
        const bool longer = head.size >= then.size;
        check_continues(longer ? then : head, ((longer ? other : log) / "checkpoint").string(), longer ? head : then,
                        longer ? log : other);
      }
      need_trust(head, (log / "checkpoint").string());
      need_witnesses(head, witnesses, log.string(), report);
      sound(report, log.string(),
            "the log " + head.origin + " has " + entries(head.size) + " and the root " + encode64(view(head.root)),
            head);
    } catch (const Failure& f) {
      report.add(log.string(), f);
    }
  }
  std::set<std::string> missing;
  for (const auto& key : keys)
    if (!key.witness && logs.count(dir) == 0 && seen.count(key.name) == 0) missing.insert(key.name);
  for (const auto& name : missing)
    report.add(dir.string(), {Verdict::incomplete, "there is a key for the log " + name + ", and no such log"});
}

void check_consistency(const std::string& old_file, const fs::path& dir, const Keys& keys, Report& report) {
  const auto old = read_checkpoint(read_needed(old_file, kMaxNote), keys, old_file);
  const auto now = head_of(dir, keys);
  check_continues(old, old_file, now, dir);
  need_trust(old, old_file);
  need_trust(now, (dir / "checkpoint").string());
  sound(report, dir.string(),
        "the log " + now.origin + " goes on from the " + entries(old.size) + " of " + old_file + " to " +
            std::to_string(now.size),
        now);
}

Fields fields_of(const Leaf& l) {
  Fields out = {{"kind", std::string(kKinds[l.kind])},
                {"id", std::string(l.id)},
                {"subject", hex(l.subject)},
                {"payload", hex(l.payload)},
                {"time", time_text(l.time)},
                {"clock", std::string(kClocks[l.clock])},
                {"received", time_text(l.received)},
                {"topic", std::string(l.topic)},
                {"partition", std::to_string(l.partition)},
                {"offset", std::to_string(l.offset)},
                {"from", std::to_string(l.from)},
                {"policy", std::string(l.policy)},
                {"build", std::string(l.build)},
                {"mac", std::string(l.mac)}};
  if (!l.payload_sm3.empty()) out.insert(out.begin() + 4, {"payload_sm3", hex(l.payload_sm3)});
  return out;
}

void check_proof(const std::string& file, const std::string& leaf_file, const Keys& keys, Report& report) {
  const auto text = read_needed(file, kMaxProof), entry = read_needed(leaf_file, kMaxEntry);
  const auto proof = read_proof(text, keys, file);
  const auto place = "entry " + std::to_string(proof.index) + " of the " + std::to_string(proof.head.size) +
                     " of the log " + proof.head.origin;
  if (!included(proof.index, leaf_hash(entry), proof.path, proof.head.size, proof.head.root))
    tampered(file + " does not prove that " + leaf_file + " is " + place);
  const auto leaf = read_leaf(entry, leaf_file);
  proof.head.need_time(leaf.received, file, leaf_file);
  if (proof.extra) report.add("note", file, "nobody vouches for the extra data in it");
  need_trust(proof.head, file);
  sound(report, file, leaf_file + " is " + place, proof.head);
  report.add("leaf", leaf_file, "it says", fields_of(leaf));
}

// ---- a bundle ----------------------------------------------------------------------------------------------------

Hash digest_of_file(const fs::path& path, const EVP_MD* digest) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::ifstream in(path, std::ios::binary);
  char buffer[1 << 16];
  Hash out{};
  bool ok = context && EVP_DigestInit_ex(context.get(), digest, nullptr) == 1;
  while (ok && (in.read(buffer, sizeof buffer), in.gcount() > 0))
    ok = EVP_DigestUpdate(context.get(), buffer, static_cast<std::size_t>(in.gcount())) == 1;
  if (!ok || in.bad() || !in.eof() ||
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(out.data()), nullptr) != 1)
    incomplete(path.string() + " cannot be read");
  return out;
}

/// Each file that is wrong is named; what depends on one is not looked at.
class Bundle {
public:
  Bundle(fs::path dir, const Keys& keys, Report& report) : dir_(std::move(dir)), keys_(keys), report_(report) {}

  void check() {
    look();
    if (odd_.contains("manifest")) return;
    const auto name = (dir_ / "manifest").string();
    if (!present_.contains("manifest")) incomplete(name + " is missing");
    const auto manifest = read_manifest(read_needed(name, kMaxManifest), keys_, name);
    if (!manifest.trusted) report_.add(name, {Verdict::incomplete, "somebody signed it whose key was not given"});

    std::map<std::uint64_t, std::vector<const ManifestFile*>> records;
    std::set<std::string> named = {"manifest"};
    for (const auto& file : manifest.files)
      attempt(file.path, [&] {
        named.insert(file.path);
        if (const auto number = record_number(file.path))
          records[*number].push_back(&file);
        else
          need(file);
      });
    for (const auto& path : present_)
      if (!named.contains(path)) attempt(path, [] { tampered("it is in the folder and not in the manifest"); });

    Records all(keys_);
    std::uint64_t next = 1;
    for (const auto& [number, files] : records) {
      attempt(record_stem(number), [&, n = number] {
        if (n != std::exchange(next, n + 1)) tampered("the record before this one is not in the bundle");
      });
      check_record(record_stem(number), files, all);
    }
    if (report_.verdict() == Verdict::sound)
      report_.add("sound", dir_.string(),
                  "the bundle about " + manifest.kind + " " + manifest.id + ", made " + time_text(manifest.made) +
                      " and signed by " + manifest.signers + ", has " + counted(records.size(), "record", "records"));
  }

private:
  /// What there is, links not followed: what one points to may be another file tomorrow.
  void look() {
    std::error_code ec;
    fs::recursive_directory_iterator i(dir_, ec);
    for (; !ec && i != fs::recursive_directory_iterator(); i.increment(ec)) {
      const auto status = i->symlink_status(ec);
      if (ec) break;
      const auto path = i->path().lexically_relative(dir_).string();
      if (fs::is_directory(status)) continue;
      (fs::is_regular_file(status) ? present_ : odd_).insert(path);
      if (!fs::is_regular_file(status)) attempt(path, [] { tampered("it is no regular file"); });
    }
    if (ec) incomplete(dir_.string() + " cannot be read: " + ec.message());
  }

  template <class Work>
  bool attempt(const std::string& path, Work work) {
    try {
      work();
      return true;
    } catch (const Failure& f) {
      report_.add((dir_ / path).string(), f);
      return false;
    }
  }

  /// The file is there and has the size that the manifest says.
  fs::path sized(const ManifestFile& file) {
    const auto path = dir_ / file.path;
    if (!present_.contains(file.path)) incomplete(path.string() + " is missing");
    std::error_code ec;
    const auto size = fs::file_size(path, ec);
    if (ec) incomplete(path.string() + " cannot be read");
    if (size != file.size)
      tampered(path.string() + " has " + std::to_string(size) + " bytes, and in the manifest " +
               std::to_string(file.size));
    return path;
  }
  void need(const ManifestFile& file) {
    const auto path = sized(file);
    if (digest_of_file(path, EVP_sha256()) != file.sha256)
      tampered(path.string() + " has not the SHA-256 of the manifest");
  }
  std::string content(const ManifestFile& file, std::size_t largest) {
    const auto path = sized(file);
    auto bytes = read_needed(path, largest);
    if (sha256({bytes}) != file.sha256) tampered(path.string() + " has not the SHA-256 of the manifest");
    return bytes;
  }

  void check_record(const std::string& stem, const std::vector<const ManifestFile*>& files, Records& all) {
    Record record;
    record.name = (dir_ / stem).string();
    bool whole = true;
    for (const auto* file : files)
      whole &= attempt(file->path, [&] {
        const auto what = file->path.substr(stem.size());
        if (what == ".leaf")
          record.leaf = content(*file, kMaxEntry);
        else if (what == ".tlog-proof")
          record.proof = content(*file, kMaxProof);
        else if (what == ".subject")
          record.subject = content(*file, kMaxSubject);
        else
          need(*file);
        if (what != ".payload") return;
        record.payload = file->sha256;
        record.payload_sm3 = digest_of_file(dir_ / file->path, EVP_sm3());
      });
    if (!whole) return;
    attempt(stem, [&] {
      const auto read = all.check(record);
      auto fields = fields_of(read.leaf);
      fields.insert(fields.begin(), {{"log", read.head.origin}, {"index", std::to_string(read.index)}});
      report_.add("record", record.name,
                  std::string(kKinds[read.leaf.kind]) + " " + std::string(read.leaf.id) + " is entry " +
                      std::to_string(read.index) + " of the " + std::to_string(read.head.size) + " of the log " +
                      read.head.origin + (record.payload ? "; its payload is" : "; its payload is not") +
                      " in the bundle",
                  std::move(fields));
    });
  }

  fs::path dir_;
  const Keys& keys_;
  Report& report_;
  std::set<std::string> present_, odd_; // regular files, and what else there is
};

constexpr auto kUsage =
    R"(Checks transparency logs of onecode, and bundles of evidence out of them, sharing no code with it.

  onecode-verify log DIR [--keys FILE] [--witnesses N] [--json]
      a log as C2SP tlog-tiles, or a folder of such folders: signature, entries, hash tiles, root, order;
      --witnesses N: so many of those in --keys must have cosigned its checkpoint
  onecode-verify consistency OLD_CHECKPOINT DIR [--keys FILE] [--json]
      the log in DIR goes on from the one whose signed checkpoint is OLD_CHECKPOINT
  onecode-verify proof FILE.tlog-proof FILE.leaf --keys FILE [--json]
      the leaf is in the log; prints what it says
  onecode-verify bundle DIR --keys FILE [--json]
      the evidence of one record, case or person: its files, who signed for them, and each record by its proof

--keys has verifier keys of logs and witnesses, NAME+HEX+BASE64, one a line. Without the log's key nothing is sound. Behind a key " from=TIME"
and " until=TIME" (RFC 3339, UTC) may say when it counts: what was received or made at another time and is signed by no other key is tampered with.
Exit: 0 sound, 1 tampered with, 2 incomplete (a file is missing, or a log, its key, or witnesses), 3 usage.
)";

Verdict run(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  std::optional<std::string> key_file;
  std::optional<std::uint64_t> witnesses;
  bool json = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& a = arguments[i];
    if (a == "--help") {
      std::fputs(kUsage, stdout);
      return Verdict::sound;
    }
    if (a == "--json")
      json = true;
    else if (a == "--keys" && i + 1 < arguments.size() && !key_file)
      key_file = arguments[++i];
    else if (a == "--witnesses" && i + 1 < arguments.size() && !witnesses && number(arguments[i + 1]))
      witnesses = number(arguments[++i]);
    else if (a.starts_with("--"))
      throw Failure{Verdict::usage, a + " is no option, or is not complete"};
    else
      words.push_back(a);
  }
  const auto is = [&](const char* command, std::size_t files) {
    return !words.empty() && words[0] == command && words.size() == 1 + files;
  };
  if ((!is("log", 1) && !is("consistency", 2) && !(is("proof", 2) && key_file) && !(is("bundle", 1) && key_file)) ||
      (witnesses && words[0] != "log"))
    throw Failure{Verdict::usage,
                  "wanted: log DIR, consistency OLD_CHECKPOINT DIR, proof FILE.tlog-proof FILE.leaf --keys FILE, or "
                  "bundle DIR --keys FILE"};

  Report report;
  try {
    const auto keys = key_file ? read_keys(read_needed(*key_file, kMaxKeys), *key_file) : Keys{};
    if (words[0] == "log")
      check_logs(words[1], keys, witnesses.value_or(0), report);
    else if (words[0] == "consistency")
      check_consistency(words[1], words[2], keys, report);
    else if (words[0] == "bundle")
      Bundle(words[1], keys, report).check();
    else
      check_proof(words[1], words[2], keys, report);
  } catch (const Failure& f) {
    if (f.verdict == Verdict::usage) throw;
    report.add(words[1], f);
  }
  json ? report.print_json() : report.print();
  return report.verdict();
}

} // namespace

} // namespace verify

int main(int argc, char** argv) {
  using verify::Verdict;
  try {
    const auto verdict = verify::run({argv + std::min(argc, 1), argv + argc});
    if (std::fflush(stdout) == 0) return static_cast<int>(verdict);
    std::fputs("onecode-verify: the report cannot be written\n", stderr);
  } catch (const verify::Failure& f) {
    std::fprintf(stderr, "onecode-verify: %s\nonecode-verify --help says more\n", verify::printable(f.what).c_str());
    return static_cast<int>(f.verdict);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "onecode-verify: %s\n", verify::printable(e.what()).c_str());
  }
  return static_cast<int>(Verdict::incomplete);
}
