// Policy documents as the command line takes them.
#pragma once

#include <string>

#include "domain/policy.hpp"

namespace onecode::app {

/// A bare or signed document, a policy event, or `builtin`. Broken JSON is a broken file, not a broken policy: throws
/// InputError.
std::string read_policy_document(const std::string& file);
/// Throws InputError with every error named.
Policy read_policy_file(const std::string& file);

} // namespace onecode::app
