#include "app/alerts/sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "app/errors.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {
namespace fs = std::filesystem;
namespace {

/// The findings of one file, one at a time.
class NewsFile {
public:
  explicit NewsFile(const std::string& path) : path_(path), lines_(path) { advance(); }
  const std::optional<News>& front() const { return front_; }
  News take() {
    News out = std::move(*front_);
    advance();
    return out;
  }

private:
  void advance() {
    front_.reset();
    while (auto line = lines_.next()) {
      const auto* record = std::get_if<streams::FileRecord>(&*line);
      if (record == nullptr || (record->topic != Topic::alerts && record->topic != Topic::compliance)) continue;
      std::string why = "it has no value";
      if (record->value) front_ = reader_.read(record->topic, *record->value, why);
      if (!front_) throw InputError(fmt::format("{}:{}: no finding: {}", path_, lines_.line(), why));
      return;
    }
  }

  std::string path_;
  streams::EventFileReader lines_;
  NewsReader reader_;
  std::optional<News> front_;
};

} // namespace

std::vector<std::string> news_files(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const auto& path : paths) {
    if (!fs::is_directory(path)) {
      out.push_back(path); // opening it says what is wrong
      continue;
    }
    const auto before = out.size();
    for (const Topic topic : {Topic::alerts, Topic::compliance}) {
      const auto file = fs::path(path) / (std::string(name(topic)) + ".ndjson");
      if (fs::exists(file)) out.push_back(file.string());
    }
    // A replay that found nothing writes neither.
    if (out.size() == before && !fs::exists(fs::path(path) / "summary.json"))
      throw InputError(path + ": holds no alerts.ndjson and no compliance.ndjson, as replay --out writes them");
  }
  return out;
}

void each_news(const std::vector<std::string>& files, const std::function<bool(News)>& give) {
  std::vector<std::unique_ptr<NewsFile>> open;
  for (const auto& file : files) open.push_back(std::make_unique<NewsFile>(file));
  for (;;) {
    const auto first = std::min_element(open.begin(), open.end(), [](const auto& a, const auto& b) {
      return a->front() && (!b->front() || a->front()->time < b->front()->time);
    });
    if (first == open.end() || !(*first)->front()) return;
    if (!give((*first)->take())) return;
  }
}

} // namespace onecode::app
