// A log that is published into memory, by somebody who may die at any file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evidence/signed_note.hpp"
#include "evidence/tile_files.hpp"
#include "evidence/tile_writer.hpp"
#include "streams/authenticate.hpp"

namespace onecode_test {

using namespace onecode::evidence;

/// What this throws has no base class: nothing but a test catches it.
struct Died {};

class MemoryFiles : public TileFiles {
public:
  std::map<std::string, std::string> files;
  /// What writes dies at this operation, counted from 0, before or after it is done.
  std::optional<unsigned> dies_at;
  bool done_before = false;
  unsigned operations = 0;

  std::optional<std::string> get(const std::string& path) override {
    const auto found = files.find(path);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  }
  void put(const std::string& path, std::string_view bytes) override {
    operation([&] { files[path] = bytes; });
  }
  void remove(const std::string& folder) override {
    operation([&] { std::erase_if(files, [&](const auto& f) { return f.first.starts_with(folder + '/'); }); });
  }

private:
  template <class Work>
  void operation(Work work) {
    const bool last = dies_at == operations++;
    if (!last || done_before) work();
    if (last) throw Died();
  }
};

/// The same key in every run, and so the same signatures.
struct LogKey {
  std::string private_key = std::string(31, 'k') + '1';
  NoteKey key{"log.example/shard/3", NoteKey::Type::ed25519,
              onecode::streams::ed25519_from_private(private_key).public_key};

  std::string sign(const Checkpoint& c) const {
    const std::string text = to_text(c);
    return to_text(SignedNote{text, {sign_note(key, private_key, text)}});
  }
  std::string head(std::uint64_t size, const TreeHash& root) const { return sign({key.name, size, root, {}}); }
};

/// Of every length that is special, and of others.
inline std::string entry(std::uint64_t i) {
  const std::size_t size = i == 3 ? kMostEntryBytes : i % 7 == 0 ? 0 : i % 11 == 0 ? 256 + i % 300 : 1 + i % 40;
  std::string out(size, static_cast<char>('a' + i % 26));
  const std::string number = std::to_string(i);
  return size > number.size() ? out.replace(0, number.size(), number) : out;
}

/// Appends what the log does not have yet, and publishes at each of these sizes that is larger than it.
inline void publish_at(TileFiles& files, const LogKey& key, const std::vector<std::uint64_t>& sizes,
                       std::string (*entry_at)(std::uint64_t) = entry) {
  TileWriter log(files);
  for (const auto size : sizes) {
    if (size <= log.size()) continue;
    while (log.size() < size) log.append(entry_at(log.size()));
    log.publish(key.head(log.size(), log.root()));
  }
}

} // namespace onecode_test
