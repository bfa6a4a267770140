// VERIFY.html of a bundle: what this folder is and how to check it without asking those who made it, for people (zh and en).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/audit/records.hpp"
#include "domain/time.hpp"

namespace onecode::app {

/// One record in plain words.
struct PageRow {
  std::uint64_t number = 0;
  Time time;
  std::string zh, en; // what it is and says
  bool payload = false, erased = false;
};
PageRow page_row(std::uint64_t number, const ProvenRecord& record, const evidence::Leaf& leaf);

std::string verify_page(const std::string& kind, const std::string& id, Time made, const std::string& exporter,
                        const std::vector<PageRow>& rows);

} // namespace onecode::app
