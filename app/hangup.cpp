#include "app/hangup.hpp"

#include <csignal>

namespace onecode::app {
namespace {

volatile std::sig_atomic_t hangups = 0;

extern "C" void note_hangup(int) { hangups = 1; }

struct sigaction previous;

} // namespace

Hangup::Hangup() {
  hangups = 0;
  struct sigaction action {};
  action.sa_handler = note_hangup;
  action.sa_flags = SA_RESTART; // nobody waits for it
  sigemptyset(&action.sa_mask);
  sigaction(SIGHUP, &action, &previous);
}

Hangup::~Hangup() { sigaction(SIGHUP, &previous, nullptr); }

bool Hangup::take() {
  if (hangups == 0) return false;
  hangups = 0; // before the work: one that comes meanwhile counts again
  return true;
}

} // namespace onecode::app
