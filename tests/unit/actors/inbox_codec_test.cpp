// Messages between nodes. What this would catch: a field that does not survive the trip, bytes of somebody else that crash.
#include "actors/inbox_codec.hpp"

#include <random>

#include "domain/archive.hpp"
#include "tests/catch.hpp"

using namespace onecode;
using namespace onecode::actors;

namespace {

std::string bytes_of(const Envelope& e) {
  std::string out;
  encode_inbox(e, out);
  return out;
}

Envelope scan_seen(const Scan& scan, const Root& root) {
  Envelope e;
  e.root = &root;
  e.stage = Stage::deliver;
  e.to = {Kind::account, "a-1"};
  msg::ScanSeen seen;
  seen.scan = &scan;
  seen.opinion.zone = "z-1";
  seen.opinion.trusted = true;
  seen.opinion.reasons.add(Reason::OUT_OF_SCOPE);
  seen.opinion.findings = {"f1", "f2"};
  e.message = seen;
  return e;
}

} // namespace

TEST_CASE("a message to another node arrives whole, with the place of the record that started it") {
  Scan scan;
  scan.origin = {{Topic::scans, 3}, 42, "/gateways/gw", "gw/1", Time{1'772'409'492'345}};
  scan.device = "d-1";
  scan.seq = 7;
  scan.account = "a-1";
  scan.amount = Fen{350};
  scan.operator_id = "Li Na 13812345678"; // whatever somebody writes there
  const streams::Header header{"ce_id", "gw/1"};
  streams::Record record;
  record.offset = 42;
  record.key = "d-1";
  record.value = "{\"raw\":true}";
  record.headers = {&header, 1};
  Root root{Order::input({Topic::scans, 3}, 42), {Topic::scans, 3}, &record, {11, 12}, 5};
  const Envelope sent = scan_seen(scan, root);
  const std::string bytes = bytes_of(sent);

  Arena arena;
  const Envelope got = decode_inbox(bytes, 99, arena);
  CHECK(got.to == sent.to);
  CHECK(got.stage == sent.stage);
  CHECK(got.root->at == root.at);
  CHECK(got.root->cause == root.cause);
  CHECK(got.root->received_ns == 99);
  REQUIRE(got.root->record != nullptr);
  CHECK(got.root->record->offset == 42);
  CHECK(got.root->record->key == "d-1");
  // What the account cannot refuse stays where it was sent to.
  CHECK_FALSE(got.root->record->value.has_value());
  CHECK(got.root->record->headers.empty());
  CHECK(bytes.find("raw") == std::string::npos);
  const auto& seen = std::get<msg::ScanSeen>(got.message);
  CHECK(seen.scan->origin.id == "gw/1");
  CHECK(seen.scan->amount == Fen{350});
  CHECK(seen.scan->operator_id.empty());
  CHECK(bytes.find("Li Na") == std::string::npos);
  CHECK(seen.opinion.findings == std::vector<std::string>{"f1", "f2"});
  CHECK(bytes_of(got) == bytes);
}

TEST_CASE("what may be refused over there has the original record with it") {
  const streams::Header header{"ce_id", "c-1"};
  streams::Record record;
  record.offset = 42;
  record.key = "a-1";
  record.value = "{\"raw\":true}";
  record.headers = {&header, 1};
  Root root{Order::input({Topic::commands, 3}, 42), {Topic::commands, 3}, &record, {11, 12}, 5};
  Command command;
  command.target = "a-1";
  Scan scan;
  Envelope refusable = scan_seen(scan, root);
  SECTION("a command") { refusable.message = static_cast<const Command*>(&command); }
  SECTION("what a command sends on: whoever gave it looks for its dead letter") {}
  SECTION("what is not at its entity's shard yet") {
    refusable.message = static_cast<const Scan*>(&scan);
    refusable.stage = Stage::admit;
  }
  Arena arena;
  const std::string bytes = bytes_of(refusable);
  const Envelope got = decode_inbox(bytes, 99, arena);
  REQUIRE(got.root->record != nullptr);
  CHECK(got.root->record->value == "{\"raw\":true}");
  REQUIRE(got.root->record->headers.size() == 1);
  CHECK(got.root->record->headers[0].value == "c-1");
}

TEST_CASE("damaged inbox bytes are refused, never followed") {
  Scan scan;
  scan.device = "d-1";
  Root root;
  const std::string bytes = bytes_of(scan_seen(scan, root));
  Arena arena;
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    try {
      decode_inbox(std::string_view(bytes).substr(0, n), 0, arena);
    } catch (const Corrupt&) {
    }
  }
  constexpr unsigned kSeed = 20261123;
  CAPTURE(kSeed);
  std::mt19937 random(kSeed);
  for (int i = 0; i < 20'000; ++i) {
    std::string hurt = bytes;
    hurt[random() % hurt.size()] = static_cast<char>(random());
    try {
      decode_inbox(hurt, 0, arena);
    } catch (const Corrupt&) {
    }
    if (i % 100 == 0) arena.clear();
  }
  CHECK_THROWS_AS(decode_inbox("", 0, arena), Corrupt);
}
