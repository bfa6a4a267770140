// Findings as a person at a terminal reads them: one block each, new ones, updates and closings told apart.
#pragma once

#include <map>
#include <string>

#include "app/alerts/news.hpp"

namespace onecode::app {

enum class Language { en, zh };

class NewsPage {
public:
  NewsPage(Language language, bool colours) : language_(language), colours_(colours) {}
  /// Ends with a newline. Remembers what it said of a finding, so that an update can say what changed.
  std::string block(const News& news);

private:
  struct Said {
    std::int64_t score = 0;
    int severity = 0;
    std::string rule, action;
  };
  std::string painted(const char* code, std::string_view text) const;
  std::string changes(const Said& before, const News& now) const;
  std::string_view word(std::string_view en, std::string_view zh) const {
    return language_ == Language::zh ? zh : en;
  }

  Language language_;
  bool colours_;
  std::map<std::string, Said> said_;
};

} // namespace onecode::app
