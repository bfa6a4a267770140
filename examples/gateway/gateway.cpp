// A gateway for one reader: asks the engine about each code that is shown, and decides alone while nobody answers. The
// same as gateway.py beside it, for whoever builds gateways in C++; kHelp says what must hold, and why.
#include <librdkafka/rdkafkacpp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <regex>
#include <set>

#include "state.hpp"

namespace {

using namespace gateway;
using Steady = std::chrono::steady_clock;

constexpr const char* kHelp = R"(
A line on stdin is a code that somebody shows: an account id, or a dynamic code (OC1.…). For each there is one line on
stdout: `open` or `closed`, the scan, and why. A scan that the engine decides later is told by a line `later`.

  Recorded first  A scan is in the file STATE/scans, on disk, before it is sent or answered. Its line there is the record
                  for Kafka as it will always be sent, so one number (boot, seq) never gets two contents: rule D2.
  Sent again      After a crash a scan may be sent twice. The engine knows the last 256 numbers of a device and takes an
                  equal record for a retransmission: no second decision. So no more than 100 are ever unconfirmed.
  Numbers         seq goes on where the file ends. Without a file a new boot begins; it is the time in seconds, which is
                  above every earlier boot even if the disk was lost.
  On its own      Egress opens. Whom `freezes` holds is refused; the holds are kept in STATE/holds.json, so this works
                  after a restart without a broker. Whether anybody else is entitled is not known here: --unknown says.
  Never waits     The first scan that gets no decision in time is answered alone, and so is every one after it, at once,
                  until all that waits has been sent and the engine is heard again. These carry `offline` and what the
                  gate did (`outcome`).

It knows the contract only: CONTRACT.md and docs/schemas/v1 (scan, decision, freeze).

example:
  echo a-0012345 | example_gateway --device d-0417 --state d-0417.state --key-file d-0417.key)";

constexpr std::uint64_t kInFlight = 100; // well below the 256 numbers that the engine remembers
constexpr std::chrono::seconds kCodeSkew{5};
constexpr std::size_t kCodeMax = 2048;

struct Options {
  std::string device, state, key_file, brokers = "127.0.0.1:9092", prefix = "onecode.", function = "access";
  std::string direction = "in", unknown = "closed";
  int timeout_ms = 1500, drain_s = 10;
};

class Gateway : RdKafka::DeliveryReportCb, RdKafka::EventCb {
public:
  explicit Gateway(const Options& options)
      : options_(options), lock_(lock(options.state)), queue_(options.state), holds_(options.state) {
    if (!options.key_file.empty()) {
      if (!fs::exists(options.key_file)) throw Trouble(options.key_file + ": there is no such file");
      key_ = content(options.key_file);
      if (key_.ends_with('\n')) key_.pop_back();
    }
    std::string error;
    // One request at a time: of several, the first may be refused and reported as delivered when a partition is new.
    const auto producer = settings({{"partitioner", "murmur2_random"},
                                    {"enable.idempotence", "true"},
                                    {"max.in.flight", "1"},
                                    {"message.timeout.ms", "0"},
                                    {"linger.ms", "0"}});
    if (producer->set("dr_cb", static_cast<RdKafka::DeliveryReportCb*>(this), error) != RdKafka::Conf::CONF_OK)
      throw Trouble(error);
    producer_.reset(RdKafka::Producer::create(producer.get(), error));
    // The group is a name only: nothing is committed, every partition is read.
    const auto consumer = settings({{"group.id", "gateway"},
                                    {"enable.auto.commit", "false"},
                                    {"enable.partition.eof", "true"},
                                    {"isolation.level", "read_committed"},
                                    {"fetch.wait.max.ms", "50"}});
    consumer_.reset(RdKafka::KafkaConsumer::create(consumer.get(), error));
    if (!producer_ || !consumer_) throw Trouble("Kafka: " + error);
    if (!queue_.waiting.empty()) log(std::to_string(queue_.waiting.size()) + " scans wait to be sent");
  }
  ~Gateway() override { ::close(lock_); }

  void run() {
    std::string rest;
    for (bool end = false; !end; pump(0)) {
      pollfd in{STDIN_FILENO, POLLIN, 0};
      if (::poll(&in, 1, 20) <= 0) continue;
      char piece[65536];
      const auto n = ::read(STDIN_FILENO, piece, sizeof piece);
      end = n <= 0;
      rest.append(piece, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      for (auto at = rest.find('\n'); at != std::string::npos; at = rest.find('\n')) {
        std::cout << show(rest.substr(0, at)) << std::endl;
        rest.erase(0, at + 1);
        pump(0);
      }
    }
    const auto deadline = Steady::now() + std::chrono::seconds(options_.drain_s);
    while (!queue_.waiting.empty() && Steady::now() < deadline) pump(50);
    if (!queue_.waiting.empty())
      log(std::to_string(queue_.waiting.size()) + " scans wait in " + options_.state + " for the next start");
  }

private:
  // ---- Kafka ---------------------------------------------------------------------------------------------------

  static int lock(const fs::path& folder) {
    fs::create_directories(folder);
    const int fd = ::open((folder / "lock").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) fail(folder);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
      throw Trouble("another gateway works with " + folder.string() + "; two would use each number twice");
    return fd;
  }

  std::unique_ptr<RdKafka::Conf> settings(std::vector<std::pair<std::string, std::string>> values) {
    std::unique_ptr<RdKafka::Conf> out(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
    std::string error;
    values.insert(values.end(), {{"bootstrap.servers", options_.brokers}, {"reconnect.backoff.max.ms", "2000"}});
    for (const auto& [name, value] : values)
      if (out->set(name, value, error) != RdKafka::Conf::CONF_OK) throw Trouble(error);
    if (out->set("event_cb", static_cast<RdKafka::EventCb*>(this), error) != RdKafka::Conf::CONF_OK)
      throw Trouble(error);
    return out;
  }

  void event_cb(RdKafka::Event& event) override {
    if (event.type() == RdKafka::Event::EVENT_ERROR && event.fatal()) trouble_ = "Kafka: " + event.str();
  }
  void dr_cb(RdKafka::Message& message) override { // an exception must not pass through the library
    if (message.err() != RdKafka::ERR_NO_ERROR)
      trouble_ = "Kafka refuses a scan: " + message.errstr();
    else
      confirmed_ = reinterpret_cast<std::uintptr_t>(message.msg_opaque());
  }

  /// `freezes` from the beginning, `decisions` from now on, as soon as a broker names their partitions.
  void follow() {
    if (Steady::now() < next_try_) return;
    RdKafka::Metadata* answer = nullptr;
    const auto error = consumer_->metadata(true, nullptr, &answer, 200);
    const std::unique_ptr<RdKafka::Metadata> metadata(answer);
    next_try_ = Steady::now() + std::chrono::seconds(1);
    if (error != RdKafka::ERR_NO_ERROR) return;
    std::vector<RdKafka::TopicPartition*> parts;
    for (const auto& [name, offset] : {std::pair("freezes", RdKafka::Topic::OFFSET_BEGINNING),
                                       std::pair("decisions", RdKafka::Topic::OFFSET_END)}) {
      const auto before = parts.size();
      for (const auto* topic : *metadata->topics())
        if (topic->topic() == options_.prefix + name)
          for (const auto* p : *topic->partitions()) {
            parts.push_back(RdKafka::TopicPartition::create(topic->topic(), p->id(), offset));
            unread_.emplace(topic->topic(), p->id());
          }
      if (parts.size() == before)
        throw Trouble("there is no topic " + options_.prefix + name + ": is --prefix right?");
    }
    consumer_->assign(parts);
    RdKafka::TopicPartition::destroy(parts);
    following_ = true;
  }

  void send() {
    for (; queue_.produced < queue_.seq && queue_.produced - queue_.sent < kInFlight; ++queue_.produced) {
      auto& line = queue_.waiting[queue_.produced - queue_.sent];
      const auto error =
          producer_->produce(options_.prefix + "scans", RdKafka::Topic::PARTITION_UA, RdKafka::Producer::RK_MSG_COPY,
                             line.data(), line.size(), options_.device.data(), options_.device.size(), 0,
                             reinterpret_cast<void*>(queue_.produced + 1));
      if (error != RdKafka::ERR_NO_ERROR) throw Trouble("Kafka: " + RdKafka::err2str(error));
    }
  }

  /// All that is to be done with Kafka; waits at most so long for something to read.
  void pump(int wait_ms) {
    if (!following_) follow();
    producer_->poll(0);
    if (!trouble_.empty()) throw Trouble(trouble_);
    queue_.confirm(confirmed_);
    if (following_ && unread_.empty()) send(); // what is sent only now has its decision seen
    for (;; wait_ms = 0) {
      const std::unique_ptr<RdKafka::Message> message(consumer_->consume(wait_ms));
      if (message->err() == RdKafka::ERR__TIMED_OUT) break;
      read(*message);
    }
    holds_.save();
    if (asking_ || silent_ || !queue_.waiting.empty() || !following_ || !unread_.empty()) return;
    asking_ = true;
    log("asks the engine: everything is sent, decisions are followed");
  }

  void read(RdKafka::Message& message) {
    if (message.err() == RdKafka::ERR__PARTITION_EOF) unread_.erase({message.topic_name(), message.partition()});
    if (message.err() != RdKafka::ERR_NO_ERROR) return;
    if (message.payload() == nullptr) { // a tombstone: the account was forgotten
      if (message.topic_name() == options_.prefix + "freezes" && message.key() != nullptr)
        holds_.forget(*message.key());
      return;
    }
    const auto* text = static_cast<const char*>(message.payload());
    const json data = json::parse(text, text + message.len()).at("data");
    if (message.topic_name() == options_.prefix + "freezes") return holds_.update(data);
    if (data.at("device") != options_.device || data.at("scan").at("source") != source()) return;
    silent_ = false;
    if (data.at("scan").at("id") == awaited_)
      decision_ = data;
    else
      std::cout << "later " << data.at("scan").at("id").get<std::string>() << verdict(data) << std::endl;
  }

  static std::string verdict(const json& decision) {
    std::string out = " " + decision.at("verdict").get<std::string>();
    for (const json& reason : decision.at("reasons")) out += " " + reason.get<std::string>();
    return out;
  }

  // ---- scans ---------------------------------------------------------------------------------------------------

  std::string source() const { return "/gateways/" + options_.device; }

  /// Numbers the scan, signs it and puts it on disk. Returns its id.
  std::string record(const char* member, const std::string& code, const char* outcome) {
    const auto boot = std::to_string(queue_.boot), seq = std::to_string(queue_.seq + 1);
    const std::string when = time_text(Wall::now()), id = options_.device + "/" + boot + "/" + seq;
    json data{{"device", options_.device},       {"boot", queue_.boot},
              {"seq", queue_.seq + 1},           {member, code},
              {"function", options_.function},   {"auth", "present"},
              {"direction", options_.direction}, {"outcome", outcome}};
    if (!asking_) data["offline"] = true;
    if (!key_.empty()) {
      std::string text = "onecode.scan.v1";
      for (const auto& part : {options_.device, boot, seq, when, code, options_.function, options_.direction,
                               std::string(outcome), std::string("0")})
        text += "\n" + part;
      unsigned char mac[EVP_MAX_MD_SIZE];
      unsigned n = 0;
      HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &n);
      data["mac"] = base64url(mac, n);
    }
    const json event{{"specversion", "1.0"}, {"id", id},
                     {"source", source()},   {"type", "onecode.scan.v1"},
                     {"time", when},         {"datacontenttype", "application/json"},
                     {"data", data}};
    queue_.append(event.dump());
    return id;
  }

  /// What this gate does without a decision: does it open, and why.
  std::pair<bool, std::string> alone(bool dynamic, const std::string& code) const {
    if (options_.function == "access" && options_.direction == "out") return {true, "egress"};
    // as `never_block` of the policy
    if (options_.function == "other:clinic" || options_.function == "other:exam") return {true, "never blocked"};
    std::string account = code;
    if (dynamic) try { // the issuer's secret is not here: good enough to refuse, never to trust
        const json claims = json::parse(from_base64url(code.substr(4, code.rfind('.') - 4)));
        account = claims.at("account");
        if (Wall::now() >
            parse_time(claims.at("iat")) + std::chrono::seconds(claims.at("ttl_s").get<int>()) + kCodeSkew)
          return {false, "CODE_EXPIRED"};
      } catch (const std::exception&) {
        return {false, "CODE_INVALID"};
      }
    if (const auto reason = holds_.refusal(account, options_.function)) return {false, *reason};
    return {options_.unknown == "open", "entitlement unknown"};
  }

  /// Somebody shows a code. Returns the line for stdout.
  std::string show(const std::string& line) {
    static const std::regex an_account("[A-Za-z0-9._:-]{1,64}"), a_code("OC1\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
    const bool dynamic = line.starts_with("OC1.");
    if (line.size() > kCodeMax || !std::regex_match(line, dynamic ? a_code : an_account))
      return "closed - neither an account id nor a code (OC1.…); nothing was recorded";
    const char* member = dynamic ? "code" : "account";
    if (!asking_) {
      const auto [opens, why] = alone(dynamic, line);
      return (opens ? "open " : "closed ") + record(member, line, opens ? "accepted" : "denied") + " alone: " + why;
    }
    const std::string scan = awaited_ = record(member, line, "unknown"); // the gate does nothing on its own yet
    decision_.reset();
    const auto deadline = Steady::now() + milliseconds(options_.timeout_ms);
    while (!decision_ && Steady::now() < deadline) pump(10);
    awaited_.clear();
    if (decision_) {
      const std::string word = decision_->at("verdict");
      if (word == "allow" || word == "deny" || word == "challenge")
        return (word == "allow" ? "open " : "closed ") + scan + verdict(*decision_);
    } else {
      asking_ = false;
      silent_ = true;
      log("no decision within " + std::to_string(options_.timeout_ms) +
          " ms: decides alone until the engine is heard again");
    }
    const auto [opens, why] = alone(dynamic, line);
    return (opens ? "open " : "closed ") + scan + " alone: " + why;
  }

  Options options_;
  int lock_;
  Queue queue_;
  Holds holds_;
  std::string key_, trouble_;
  std::uint64_t confirmed_ = 0;
  bool following_ = false;
  std::set<std::pair<std::string, std::int32_t>> unread_; // partitions whose end was not reached yet
  Steady::time_point next_try_{};
  bool asking_ = false; // else it decides alone
  bool silent_ = false; // no decision came in time, and none since
  std::string awaited_; // the scan that the gate waits for
  std::optional<json> decision_;
  std::unique_ptr<RdKafka::Producer> producer_; // last: they call back
  std::unique_ptr<RdKafka::KafkaConsumer> consumer_;
};

} // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app(
      "A gateway for one reader: asks the engine about each code that is shown, and decides alone while nobody "
      "answers.");
  app.footer(kHelp);
  const auto matches = [](const char* pattern, const char* otherwise) {
    return [=](const std::string& text) { return std::regex_match(text, std::regex(pattern)) ? "" : otherwise; };
  };
  app.add_option("--device", o.device, "the reader, as it is registered; one gateway for each")
      ->required()
      ->check(matches("[A-Za-z0-9._:-]{1,64}", "1 to 64 characters of A-Za-z0-9._:-"));
  app.add_option("--state", o.state, "folder of its scans, numbers and holds; never two gateways")->required();
  app.add_option("--key-file", o.key_file, "MAC key of the device: bytes, without a last newline");
  app.add_option("--brokers", o.brokers, "Kafka")->capture_default_str();
  app.add_option("--prefix", o.prefix, "before every topic name")->capture_default_str();
  app.add_option("--function", o.function, "identity, access, library or other:NAME")
      ->capture_default_str()
      ->check(matches("identity|access|library|other:[A-Za-z0-9._:-]{1,64}", "a till has amounts: not this example"));
  app.add_option("--direction", o.direction, "which way people go")
      ->capture_default_str()
      ->check(CLI::IsMember({"in", "out", "none"}));
  app.add_option("--timeout-ms", o.timeout_ms, "how long to wait for a decision: your policy's gate_timeout_ms")
      ->capture_default_str();
  app.add_option("--unknown", o.unknown, "alone, for whom no hold is known")
      ->capture_default_str()
      ->check(CLI::IsMember({"open", "closed"}));
  app.add_option("--drain-s", o.drain_s, "how long to send what waits after the end of stdin")->capture_default_str();
  try {
    app.parse(argc, argv);
    Gateway(o).run();
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  } catch (const std::exception& e) {
    log(e.what());
    return 1;
  }
}
