// `onecode audit gaps`.
#pragma once

#include "app/cli.hpp"

namespace onecode::app {

Run add_gaps(CLI::App& verb);

} // namespace onecode::app
