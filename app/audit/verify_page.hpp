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
  enum class Explained : std::uint8_t { no, yes, not_reached };
  Explained explained = Explained::no; // not_reached: the history does not come to it
  std::uint64_t explanation = 0;       // the number whose texts explain it
};
/// explanation/NNNN.zh.txt, .en.txt.
std::string explanation_path(std::uint64_t number, bool zh);
PageRow page_row(std::uint64_t number, const ProvenRecord& record, const evidence::Leaf& leaf);

/// `history`: there was one to explain from.
std::string verify_page(const std::string& kind, const std::string& id, Time made, const std::string& exporter,
                        const std::vector<PageRow>& rows, bool history);

} // namespace onecode::app
