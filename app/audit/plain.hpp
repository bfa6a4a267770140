// What a record says, in a line for people: pages of bundles and of personal data.
#pragma once

#include <string>
#include <string_view>

#include "domain/time.hpp"

namespace onecode::app {

struct PlainRecord {
  std::string kind_zh, kind_en; // what it is
  std::string zh, en;           // what it says; may be empty
  std::string source;           // of CloudEvents
  Time time;                    // of the event; 1970 where it has none
  std::string value;            // its JSON, without headers; empty: it is none
};
/// `payload`: as the archive has it.
PlainRecord plain_record(std::string_view payload);

/// For text in HTML, harmless (app/alerts/visible.hpp).
std::string html(std::string_view text);

/// The beginning of a page, with its title (not yet escaped); pages end in "</html>\n".
std::string html_head(std::string_view title);

} // namespace onecode::app
