// `audit explain`: a subcommand with a file of its own.
#pragma once

#include "app/cli.hpp"

namespace onecode::app {

Run add_audit_explain(CLI::App& verb);

} // namespace onecode::app
