// Findings as syslog messages (RFC 5424), for collectors that speak nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/alerts/news.hpp"
#include "app/alerts/page.hpp"

namespace onecode::app {

struct SyslogStyle {
  int facility = 16;       // local0
  int enterprise = 32'473; // the private enterprise number after the `@`; this one stands for examples (RFC 5612)
  std::string hostname = "-";
  Language language = Language::en;
};

/// One message without a frame, never with a line end. PRI is facility * 8 + the syslog severity of the finding's:
/// critical crit, high err, medium warning, low notice, informational info; a closing is never graver than notice.
/// MSG is UTF-8 behind its BOM.
std::string syslog_message(const News& news, const SyslogStyle& style);

/// As one frame of a TCP stream: its length in bytes, a space, the message (RFC 6587, octet counting).
std::string octet_counted(std::string_view message);

/// `local0`, `authpriv`, ...: its code.
std::optional<int> facility_of(std::string_view name);

/// This machine's name, in the characters that a HOSTNAME may have.
std::string syslog_hostname();

} // namespace onecode::app
