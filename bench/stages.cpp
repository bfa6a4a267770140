// Where a scan's time goes, stage by stage, on one thread: scans per CPU-second of each stage alone.
//   bench_stages [accounts] [scans]
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "bench/common/batches.hpp"
#include "bench/common/load.hpp"
#include "domain/account.hpp"
#include "domain/device.hpp"
#include "storage/keys.hpp"
#include "storage/rocks_store.hpp"
#include "streams/decode.hpp"
#include "streams/encode.hpp"

using namespace onecode;
using namespace onecode::bench;

namespace {

void report(const char* stage, std::uint64_t scans, double cpu) {
  std::printf("%-10s %12llu %14.0f %10.2f\n", stage, static_cast<unsigned long long>(scans),
              static_cast<double>(scans) / cpu, cpu / static_cast<double>(scans) * 1e6);
}

double measured(const std::function<void()>& work) {
  const double before = cpu_seconds();
  work();
  return cpu_seconds() - before;
}

} // namespace

int main(int argc, char** argv) {
  const std::uint64_t accounts = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 30'000;
  const std::uint64_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 500'000;
  constexpr std::uint64_t kDevices = 1000;
  const streams::Secrets secrets;
  const PolicyHistory policies(builtin_policy());
  streams::Decoder decoder(secrets);
  Load load(accounts, kDevices);

  std::vector<LoadRecord> records(count);
  for (auto& r : records) load.next(r);
  std::vector<Scan> scans(count);
  std::printf("%-10s %12s %14s %10s\n", "stage", "scans", "per CPU-s", "us each");

  report("decode", count, measured([&] {
           for (std::uint64_t i = 0; i < count; ++i) {
             streams::Record record;
             record.offset = static_cast<std::int64_t>(i);
             record.key = records[i].key;
             record.value = records[i].value;
             if (decoder.scan({Topic::scans, 0}, record, policies, scans[i])) std::abort();
           }
         }));

  // A registered campus, by the domain's own commands.
  std::vector<DeviceState> devices(kDevices);
  std::vector<AccountState> people(accounts);
  Effects effects;
  const Context context{policies, Time{1'772'409'492'345}};
  for (std::uint64_t d = 0; d < kDevices; ++d) {
    auto& device = devices[d];
    char id[16];
    std::snprintf(id, sizeof id, "d-%04llu", static_cast<unsigned long long>(d));
    device.id = id;
    device.reg.life = DeviceLife::active;
    device.reg.integration = "gates";
    device.reg.zone = "z-" + std::to_string(d % 40);
    device.reg.certified_to = kLatestEvent;
    device.reg.view.integration = "gates";
    device.reg.view.state = "live";
    device.reg.view.access = "open";
  }
  for (std::uint64_t a = 0; a < accounts; ++a) {
    auto& person = people[a];
    char id[24];
    std::snprintf(id, sizeof id, "a-%07llu", static_cast<unsigned long long>(a));
    person.id = id;
    person.profile.opened = true;
    person.profile.category = "student";
    person.profile.valid_from = kEarliestEvent;
  }

  std::vector<msg::ScanSeen> seen(count);
  report("device", count, measured([&] {
           for (std::uint64_t i = 0; i < count; ++i) {
             effects.clear();
             step(devices[std::strtoull(scans[i].device.c_str() + 2, nullptr, 10)], scans[i], MacCheck::not_required,
                  context, effects);
             for (auto& s : effects.sends)
               if (auto* found = std::get_if<msg::ScanSeen>(&s.message)) seen[i] = std::move(*found);
           }
         }));
  std::vector<Decision> decisions(count);
  report("account", count, measured([&] {
           for (std::uint64_t i = 0; i < count; ++i) {
             if (seen[i].scan == nullptr) continue;
             effects.clear();
             step(people[std::strtoull(scans[i].account.c_str() + 2, nullptr, 10)], seen[i], context, effects);
             for (auto& o : effects.outputs)
               if (auto* d = std::get_if<Decision>(&o)) decisions[i] = std::move(*d);
           }
         }));
  streams::OutRecord out;
  report("encode", count, measured([&] {
           for (std::uint64_t i = 0; i < count; ++i)
             if (decisions[i].scan != nullptr) streams::encode(Output(decisions[i]), {context.now, {1, i}, 0}, out);
         }));

  const auto folder = std::filesystem::temp_directory_path() / ("onecode-stages-" + std::to_string(::getpid()));
  storage::RocksOptions rocks;
  rocks.directory = folder;
  {
    const auto stores = storage::rocks_stores(rocks);
    const auto store = stores->open(0);
    const std::string value(120, 'v');
    report("store", count, measured([&] {
             storage::WriteBatch batch;
             std::string key;
             for (std::uint64_t i = 0; i < count; ++i) {
               for (const char* part : {"h", "ra"}) {
                 key.clear();
                 storage::append_entity(key, Kind::account, scans[i].account);
                 key += part;
                 batch.put(key, value);
               }
               if (i % 2500 == 2499) store->write(batch.bytes(), {static_cast<std::int64_t>(i)}), batch.clear();
             }
           }));
  }
  std::filesystem::remove_all(folder);
}
