// What the tests of whole procedures share: a campus whose clock can be moved, steps written as one line each, refusals
// checked whole (code, notice to the author, nothing changed). From the published contract alone, as contract.hpp.
#pragma once

#include "tests/contract/contract.hpp"

namespace contract {

// One command as somebody sends it. Without an actor it is "the-<role>".
struct Step {
  std::string command;
  std::string target;
  json args;
  std::string role;
  std::string actor;
};

std::string text_of(const Step& step);

// gates (owner-1) with d-1 (z-1) and d-2 (z-2); a-1 of holder-1 with handset h-1; and, apart from all that, a reader with
// a card whose only purpose is to move the engine's clock.
class Procedure : public Campus {
public:
  explicit Procedure(const json& manifest_changes = json::object());
  void take(const Step& step, std::int64_t time);
  void clock(std::int64_t time); // the engine's clock passes this time
  // A posting to a-1 (or to `more["account"]`) that arrives when it happened.
  void posting(const std::string& id, const std::string& kind, std::int64_t amount, std::int64_t time,
               const json& more = json::object());
  // An offline posting that happened earlier than it arrives.
  void late_posting(const std::string& id, const std::string& kind, std::int64_t amount, std::int64_t happened,
                    std::int64_t arrives, const json& more = json::object());

private:
  void post(const std::string& id, const std::string& kind, std::int64_t amount, std::int64_t happened,
            std::int64_t arrives, const json& more);
  int ticks_ = 0;
  int postings_ = 0;
};

// The same steps again with nobody refused, or the test fails and says who was.
Outcome accepted(const Procedure& procedure);

// Each of these steps, taken alone at this time, is refused with one of the codes; the author is told in both languages,
// and nothing changes that can be seen of accounts, devices and integrations.
void refused(const Procedure& before, const std::vector<Step>& steps, std::int64_t time,
             const std::vector<std::string>& codes);
// Not a std::string, which two texts in braces would make as well.
void refused(const Procedure& before, const Step& step, std::int64_t time, const char* code);

bool has_chinese(const std::string& text);
// R1.1: text in both languages, and what can be done about it.
void check_notice(const json& notice);

struct Told {
  std::int64_t time;
  json notice;
};
std::vector<Told> told(const Outcome& outcome, const std::string& to, std::int64_t from, std::int64_t before);

// The newest `freezes` record of an account.
std::vector<std::string> articles(const Outcome& outcome, const std::string& account);     // of its holds, sorted
json hold(const Outcome& outcome, const std::string& account, const std::string& article); // null when there is none
std::string account_state(const Outcome& outcome, const std::string& account);             // "" when never held

json integration(const Outcome& outcome, const std::string& id); // newest status
std::string integration_state(const Outcome& outcome, const std::string& id);
json order(const Outcome& outcome, const std::string& integration, const std::string& id); // null when not listed
std::string open_order(const Outcome& outcome, const std::string& integration);            // id of the only one open
std::string device_state(const Outcome& outcome, const std::string& id);

} // namespace contract
