// The options of every verb that opens the archive of payloads: --archive, --key-store, --secrets.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "archive/archive.hpp"

namespace CLI {
class App;
}

namespace onecode::app {

struct OpenArchive {
  std::unique_ptr<archive::KeyWrapper> wrapper;
  archive::Archive archive;
};

struct ArchiveFlags {
  std::string folder, key_store, secrets;
  void add_to(CLI::App& verb, const std::string& what);
  /// Null: no --archive. Throws InputError.
  std::unique_ptr<OpenArchive> open_if_named() const;
  /// Throws UsageError: no --archive.
  std::unique_ptr<OpenArchive> open() const;
  /// The secret `evidence`: what opens whom a leaf is about. Empty: there is none, and nobody can be named.
  std::string evidence_secret() const;
};

} // namespace onecode::app
