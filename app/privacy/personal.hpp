// A person's own data out of the archive, readable by that person.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "archive/archive.hpp"

namespace onecode::app {

struct PersonalData {
  std::uint64_t records = 0;
};

/// FOLDER/data.html for people (zh and en) and FOLDER/records.ndjson for machines: every record about the subject, by time.
PersonalData write_personal_data(archive::Archive& archive, const std::string& subject, Time made,
                                 const std::filesystem::path& folder);

} // namespace onecode::app
