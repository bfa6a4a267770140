// A node's disk in the simulation. It forgets what was not flushed when the node dies: a store without a log of its own keeps
// some prefix of its batches, at least up to the last flush (storage/rocks_store.hpp says the same of RocksDB).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/store.hpp"

namespace onecode::simulation {

enum class Point : std::uint8_t;

class Disk final : public storage::StoreFactory {
public:
  using Aside = std::function<void(storage::Aside as, const std::string& why)>;

  /// `at`: called where something may happen; it may throw. `aside`: hears of each store that is set aside. Both outlive the disk.
  Disk(const std::function<void(Point)>& at, const Aside& aside) : at_(at), aside_(aside) {}

  std::unique_ptr<storage::Store> open(std::int32_t shard) override;
  void set_aside(std::int32_t shard, storage::Aside as, const std::string& why) override;

  /// The node is dead. `kept(n)` says how many of the last n batches of a shelf reached the disk.
  void crash(const std::function<std::size_t(std::size_t)>& kept);
  void lose() { shelves_.clear(); }
  /// From where a restore would have to read the journal if the node died now.
  std::int64_t durable_next(std::int32_t shard) const;

  struct Shelf {
    using Entries = std::map<std::string, std::string, std::less<>>;
    struct Write {
      std::string batch;
      storage::Standing standing;
    };
    Entries entries, durable;
    std::optional<storage::Standing> standing, durable_standing;
    std::vector<Write> not_durable;
    bool open = false;
    void flush();
  };

private:
  const std::function<void(Point)>& at_;
  const Aside& aside_;
  std::map<std::int32_t, std::shared_ptr<Shelf>> shelves_;
};

} // namespace onecode::simulation
