// How an HTTP server of ours gets its port: never one that somebody else has, and with the reason where it gets none.
#pragma once

#include <string>
#include <utility>

#include "monitoring/http.hpp"

namespace httplib {
class Server;
}

namespace onecode::monitoring {

/// Host and port that the server now has. Throws HttpError.
std::pair<std::string, int> listen_on(httplib::Server& server, const HttpOptions& options);

} // namespace onecode::monitoring
