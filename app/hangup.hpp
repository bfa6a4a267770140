// SIGHUP, by which a person or systemd asks a node to read its configuration again.
#pragma once

namespace onecode::app {

/// SIGHUP sets a flag while one of these lives, instead of ending the process.
class Hangup {
public:
  Hangup();
  ~Hangup();
  Hangup(const Hangup&) = delete;
  Hangup& operator=(const Hangup&) = delete;
  /// Has one come since this was last asked?
  bool take();
};

} // namespace onecode::app
