// Who has which pseudonym, for one epoch: the only link between a person and the records about their account. Sealed so that two people
// must agree to look.
//   Pseudonyms  are random: nothing but the table links them, to a person or to those of another epoch.
//   File        JSON {"format": "onecode-linkage/1", "epoch", "nonce", "sealed"}, base64url. AES-256-GCM over the table, which is JSON
//               {person: pseudonym}; format and epoch are authenticated with it. The key is HMAC-SHA256(first share, second share).
//   Shares      32 random bytes each, in hexadecimal, for two people who keep them apart: one alone is worth nothing.
//   Errors      InputError, with the file's name.
#pragma once

#include <istream>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/signing.hpp"
#include "streams/event_file.hpp"

namespace onecode::app {

struct Linkage {
  std::string epoch;
  std::map<std::string, std::string> pseudonyms; // by person
};

using Shares = std::pair<std::string, std::string>; // raw

Shares new_shares();
/// Of a file as `privacy epoch` writes it.
std::string read_share(const std::string& file);
std::string share_text(const std::string& share);

std::string seal(const Linkage& table, const Shares& shares);
/// `text` of `file`. Throws InputError: it is no such file, was changed, or these are not its two shares.
Linkage open_linkage(const std::string& text, const std::string& file, const Shares& shares);

struct Person {
  std::string person, category, valid_to, handset; // the last two may be empty
};
/// CSV with the columns person and category, perhaps valid_to and handset. Throws InputError naming file and line.
std::vector<Person> read_people(std::istream& csv, const std::string& file);

/// Everybody's next pseudonym, and the commands that move them: the old account's handset is unbound and the account closed, the new one
/// opened and its handset bound. Who is in `keep` (held) keeps the old one: nobody shakes a hold off by a new name.
struct EpochPlan {
  Linkage table;
  std::vector<streams::FileRecord> commands;
  std::size_t moved = 0, opened = 0, kept = 0;
  std::vector<std::string>
      left; // pseudonyms of the previous epoch whose person is no longer listed: nothing is done with them
};
EpochPlan plan_epoch(const std::string& epoch, const Linkage& previous, const std::vector<Person>& people,
                     const std::set<std::string>& keep, const std::string& actor, const SigningKey& key, Time now);

} // namespace onecode::app
