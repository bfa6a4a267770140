#include "app/audit/archive_flags.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "app/errors.hpp"
#include "streams/authenticate.hpp"

namespace onecode::app {
namespace {

constexpr const char* kMaster = "archive-master";

} // namespace

void ArchiveFlags::add_to(CLI::App& verb, const std::string& what) {
  verb.add_option("--archive", folder, what)->type_name("DIR");
  verb.add_option("--key-store", key_store, "the archive's keys (default: keys.db in it); never in a backup with it")
      ->type_name("FILE");
  verb.add_option("--secrets", secrets, "folder with `archive-master` (onecode keys archive) and `evidence`")
      ->type_name("DIR");
}

std::unique_ptr<OpenArchive> ArchiveFlags::open_if_named() const {
  if (folder.empty()) return nullptr;
  return open();
}

std::unique_ptr<OpenArchive> ArchiveFlags::open() const {
  if (folder.empty()) throw UsageError("--archive is missing");
  if (secrets.empty()) throw UsageError("--archive needs --secrets, the folder with its master key");
  const auto master = streams::Secrets::from_directory(secrets).find(kMaster);
  if (!master) throw InputError(secrets + ": holds no " + kMaster + " (onecode keys archive makes one)");
  namespace fs = std::filesystem;
  try {
    auto wrapper = archive::aes_key_wrapper(*master);
    auto& w = *wrapper;
    fs::create_directories(folder);
    const fs::path keys = key_store.empty() ? fs::path(folder) / "keys.db" : fs::path(key_store);
    return std::unique_ptr<OpenArchive>(
        new OpenArchive{std::move(wrapper), {fs::path(folder) / "archive.db", keys, w}});
  } catch (const std::runtime_error& e) {
    throw InputError(e.what());
  }
}

std::string ArchiveFlags::evidence_secret() const {
  return secrets.empty() ? std::string{} : streams::Secrets::from_directory(secrets).find("evidence").value_or("");
}

} // namespace onecode::app
