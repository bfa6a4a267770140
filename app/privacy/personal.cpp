#include "app/privacy/personal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/audit/plain.hpp"
#include "app/files.hpp"

namespace onecode::app {

PersonalData write_personal_data(archive::Archive& archive, const std::string& subject, Time made,
                                 const std::filesystem::path& folder) {
  std::vector<PlainRecord> records;
  archive.each(subject, [&](const std::string& payload) { records.push_back(plain_record(payload)); });
  std::ranges::stable_sort(records, {}, &PlainRecord::time);
  std::string lines, page = html_head(subject);
  page += fmt::format(R"(<h1>您的数据 · Your data: {}</h1>
<p>截至 {}，证据档案中与该账户有关的全部记录，共 {} 条。机器可读的原文见 <a href="records.ndjson">records.ndjson</a>。</p>
<p lang="en">All records about this account in the archive of evidence as of {}: {}. The same for machines: <a href="records.ndjson">records.ndjson</a>.</p>
<table>
<tr><th>时间 · time</th><th>种类 · kind</th><th>内容 · what it says</th></tr>
)",
                      html(subject), format_time(made), records.size(), format_time(made), records.size());
  for (const auto& r : records) {
    if (!r.value.empty()) lines += r.value + "\n";
    page += fmt::format("<tr><td>{}</td><td>{}<br><span lang=\"en\">{}</span></td><td>{}{}</td></tr>\n",
                        format_time(r.time), html(r.kind_zh), html(r.kind_en), html(r.zh),
                        r.en == r.zh ? "" : "<br><span lang=\"en\">" + html(r.en) + "</span>");
  }
  write_file((folder / "records.ndjson").string(), lines, 0600);
  write_file((folder / "data.html").string(), page + "</table>\n</html>\n", 0600);
  return {records.size()};
}

} // namespace onecode::app
