// One record of `alerts` or `compliance` as somebody outside reads it: `onecode alerts` takes no more from it than the
// contract promises.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/evidence.hpp"
#include "domain/time.hpp"
#include "domain/topics.hpp"

namespace onecode::app {

struct News {
  enum class Activity { create = 1, update = 2, close = 3 };

  std::string ocsf; // the OCSF object, its bytes as they came, on one line
  Topic topic{};
  Activity activity{};
  std::string uid;
  Time time;        // engine time of this record
  int severity = 0; // severity_id, 1 to 5
  int status = 0;   // status_id: 1 new, 2 in progress, 4 resolved
  int band = 0;
  std::int64_t score = 0;
  std::string kind, subject; // account a-12, device d-3, ...
  std::string rule, title, article, act, action, policy;
  std::string order, order_due; // empty: none was given
  Text explanation;

  bool closed() const { return activity == Activity::close; }
};

/// The value of a record: a CloudEvent, or its `data` alone (binary mode).
class NewsReader {
public:
  NewsReader();
  ~NewsReader();
  /// nullopt: it is none, and `why` says what is wrong with it.
  std::optional<News> read(Topic topic, std::string_view value, std::string& why);

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace onecode::app
