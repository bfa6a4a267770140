// One shard's records, their log as it is exported, and an archive.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "app/audit/archiving.hpp"
#include "app/audit/bundle.hpp"
#include "app/signing.hpp"
#include "evidence/leaf.hpp"
#include "evidence/signed_note.hpp"
#include "evidence/subject_keys.hpp"
#include "evidence/tile_writer.hpp"
#include "streams/authenticate.hpp"
#include "streams/local/local_broker.hpp"
#include "tests/catch.hpp"

namespace onecode::test {

using evidence::Leaf;
using evidence::LeafKind;

inline const Time kTime = *parse_time("2026-03-02T08:00:00.000+08:00");

inline std::string event(const std::string& id, const std::string& data) {
  return fmt::format(R"({{"specversion":"1.0","id":"{}","source":"/t","type":"t","time":"{}","data":{}}})", id,
                     format_time(kTime), data);
}

struct World {
  std::filesystem::path folder;
  streams::LocalBroker broker{[] {
    streams::LocalBrokerOptions o;
    o.partitions = 1;
    return o;
  }()};
  std::unique_ptr<streams::Publisher> publisher = broker.publisher();
  std::unique_ptr<archive::KeyWrapper> wrapper = archive::aes_key_wrapper(std::string(32, 'm'));
  evidence::SubjectKeys keys{"secret"};
  std::string log_private = std::string(31, 'k') + '1';
  evidence::NoteKey log_key{"campus.example/onecode/0", evidence::NoteKey::Type::ed25519,
                            streams::ed25519_from_private(log_private).public_key};
  std::vector<std::string> leaves, odd;
  std::string secret; // the file of it

  World() {
    std::string name = (std::filesystem::temp_directory_path() / "onecode-audit-XXXXXX").string();
    folder = mkdtemp(name.data());
    secret = (folder / "evidence-secret").string();
  }
  ~World() { std::filesystem::remove_all(folder); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void say(Topic topic, LeafKind kind, const std::string& subject, const std::string& id, const std::string& data) {
    add(topic, kind, subject, id, event(id, data));
  }
  void add(Topic topic, LeafKind kind, const std::string& subject, const std::string& id, const std::string& value) {
    Leaf leaf;
    leaf.kind = kind;
    leaf.id = id;
    leaf.payload = evidence::sha256({value});
    leaf.time = leaf.received = kTime;
    leaf.at = {Topic::scans, 0};
    leaf.offset = static_cast<std::int64_t>(leaves.size());
    leaf.subject = evidence::commit_to(subject, keys.find(subject).value(), leaf).value;
    evidence::append(leaves.emplace_back(), leaf);
    publisher->publish(topic, 0, subject, value);
    publisher->flush();
  }
  void export_log() {
    const auto files = evidence::tile_folder(folder / "evidence/0");
    evidence::TileWriter log(*files);
    while (log.size() < leaves.size()) log.append(leaves[log.size()]);
    const std::string head = evidence::to_text(evidence::Checkpoint{log_key.name, log.size(), log.root(), {}});
    log.publish(evidence::to_text(evidence::SignedNote{head, {evidence::sign_note(log_key, log_private, head)}}));
  }
  archive::Archive archive() { return {folder / "archive.db", folder / "keys.db", *wrapper}; }
  std::uint64_t fill(archive::Archive& into) {
    return app::archive_topics(
        broker, into, [](auto) { return true; }, [&](const std::string& what) { odd.push_back(what); });
  }
  app::Forgotten destroy(archive::Archive& from) {
    return app::destroy_forgotten(broker, from, secret, [&](const std::string& what) { odd.push_back(what); });
  }
};

} // namespace onecode::test
