// The files behind streams::Secrets.
#pragma once

#include <map>
#include <string>

namespace onecode::streams {

using SecretValues = std::map<std::string, std::string>; // name → raw bytes

/// One file per name, as in Secrets::from_directory. Throws std::runtime_error naming the file.
SecretValues read_secret_files(const std::string& directory);

} // namespace onecode::streams
