// What tests read from the world around them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace onecode::test {

/// Set to nothing counts as not set.
inline std::string from_environment(const char* name, const std::string& otherwise = "") {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? text : otherwise;
}

/// Empty where there is no such file.
inline std::string content(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

} // namespace onecode::test
