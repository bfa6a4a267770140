// Whom a record of a topic is about, and when it happened: what the archive chooses its key by. Reads only what the contract says; of a
// record that cannot be read it is the key of the record.
#pragma once

#include <string>
#include <string_view>

#include "domain/time.hpp"
#include "domain/topics.hpp"
#include "streams/broker.hpp"

namespace onecode::archive {

struct About {
  // Account where there is one, else device, integration, target; may be empty. The two commands that forget an account are their
  // authors': who destroyed what for which reason outlives whom it is about.
  std::string subject;
  Time time;      // of the event; of a record that cannot be read its timestamp, or 1970
  std::string id; // CloudEvents id; may be empty
};
/// The subject of a policy document, which has no leaf of its own. With a space, as no identifier has one.
std::string policy_subject(std::string_view version);
About about(Topic topic, const streams::Record& record);

} // namespace onecode::archive
