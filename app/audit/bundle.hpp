// Packs what is known of a record, a person or a case into a folder for somebody else (evidence/bundle.hpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/audit/explain.hpp"
#include "app/audit/records.hpp"
#include "app/signing.hpp"
#include "domain/time.hpp"
#include "evidence/bundle.hpp"

namespace onecode::app {

struct BundleRequest {
  std::string kind, id; // as in the manifest
  std::string account;  // of a case: whose
  Time made;
  std::string exporter; // name of the signature
  SigningKey key;
  std::string verifiers;             // what goes into keys.txt
  RecordedInputs* history = nullptr; // what explanations come from; nullptr: nobody gave one, and there are none
};

/// Which entries belong to it, in order of time. A case: those of its account that name it, and what these rest on.
std::vector<archive::Archive::Place> select(const BundleRequest& request, RecordReader& reader,
                                            archive::Archive& archive);

struct BundleMade {
  std::uint64_t records = 0, payloads = 0, erased = 0;
  std::uint64_t explained = 0;
  std::vector<std::string> unexplained; // ids of records that the history does not come to
  std::vector<std::string> different;   // ids of records that it comes to in other bytes
  std::string verifier;                 // of the exporter
};
/// `folder` is new or empty. Throws InputError: nothing is known of it; the history is not complete, or was changed.
BundleMade make_bundle(const BundleRequest& request, RecordReader& reader, archive::Archive& archive,
                       const std::filesystem::path& folder);

} // namespace onecode::app
