#include "app/audit/verify_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/audit/plain.hpp"

namespace onecode::app {
namespace {

struct Kind {
  const char *zh, *en;
};
/// Of a leaf whose record is not at hand.
Kind kind_name(evidence::LeafKind kind) {
  using evidence::LeafKind;
  switch (kind) {
    case LeafKind::scan:
      return {"刷码", "scan"};
    case LeafKind::decision:
      return {"判定", "decision"};
    case LeafKind::posting:
      return {"记账", "posting"};
    case LeafKind::command:
      return {"指令", "command"};
    case LeafKind::hold:
      return {"冻结状态", "holds of the account"};
    case LeafKind::finding:
      return {"发现", "finding"};
  }
  return {"记录", "record"};
}

std::string sentence(const std::string& kind, const std::string& says, const char* colon) {
  return says.empty() ? kind : kind + colon + says;
}

Kind about_explanations(const std::vector<PageRow>& rows, bool history) {
  if (!history)
    return {"本证据包里没有说明:制作时没有给出引擎的输入历史,而说明要靠重放历史才能得出。记录和证明不受影响。",
            "This bundle has no explanations: it was made without the history of the engine's inputs, and an "
            "explanation is a "
            "replay of that. Records and proofs are complete without."};
  if (std::ranges::none_of(rows, [](const auto& row) { return row.explained == PageRow::Explained::yes; }))
    return {"本证据包里没有说明:没有可以说明的记录(判定、冻结、发现),或者所给的历史没有推演到它们,见下表。",
            "This bundle has no explanations: it has no record that there is something to say of (decisions, holds, "
            "findings), or "
            "the history that was given does not come to them; the table says which."};
  return {
      "下表“说明”一栏的文本说明每一项判定、冻结和发现的原因:由制作者重放引擎的输入历史得出,并与原文逐字节比对,"
      "结果写在文末。"
      "文本由制作者签名担保,不在日志里。文中不写他人的账户和手机编号,也不写他人记录的内容。",
      "The texts in the last column say why each decision, hold and finding is what it is. Whoever made this "
      "computed them by a "
      "replay of the engine's inputs, and compared the result with the record byte for byte; each text ends with "
      "what came of "
      "it. The exporter's signature vouches for them, no log does. They leave out the ids of other people's accounts "
      "and "
      "handsets, and what other people's records say."};
}

/// The cell of a row.
std::string why(const PageRow& row) {
  switch (row.explained) {
    case PageRow::Explained::yes:
      return fmt::format("<a href=\"{}\">中文</a> <a lang=\"en\" href=\"{}\">English</a>",
                         explanation_path(row.explanation, true), explanation_path(row.explanation, false));
    case PageRow::Explained::not_reached:
      return "所给的历史没有推演到它<br><span lang=\"en\">the history that was given does not come to it</span>";
    default:
      return "—";
  }
}

} // namespace

PageRow page_row(std::uint64_t number, const ProvenRecord& record, const evidence::Leaf& leaf) {
  PageRow row;
  row.number = number;
  row.time = leaf.time;
  row.payload = record.payload.has_value();
  row.erased = record.erased;
  const auto plain = record.payload ? plain_record(*record.payload) : PlainRecord{};
  const auto kind = kind_name(leaf.kind);
  row.zh = sentence(kind.zh, plain.zh, ":");
  row.en = sentence(kind.en, plain.en, ": ");
  return row;
}

std::string explanation_path(std::uint64_t number, bool zh) {
  return fmt::format("explanation/{:04}.{}.txt", number, zh ? "zh" : "en");
}

std::string verify_page(const std::string& kind, const std::string& id, Time made, const std::string& exporter,
                        const std::vector<PageRow>& rows, bool history) {
  const std::string about = html(kind + " " + id), when = format_time(made), who = html(exporter);
  const Kind explanations = about_explanations(rows, history);
  std::string out = html_head(kind + " " + id);
  out += fmt::format(R"(<h1>证据包:{0}</h1>
<p>本文件夹由 {1} 于 {2} 制作。里面的每一条记录都出自校园“一码通”的透明日志。日志只增不改:凡是已经签过名的,谁也不能事后删除、插入或者改动而不被发现。</p>
<h2>怎样核对</h2>
<ol>
<li>从一个<strong>您自己信得过的渠道</strong>取得日志和制作者的公钥(每行一个),存为 <code>trusted.txt</code>。本文件夹里的 <code>keys.txt</code> 只供对照,不能证明自己。</li>
<li>取得核对程序 <code>onecode-verify</code>(源代码两三个文件,只用 OpenSSL,可以自己阅读并编译),然后运行:</li>
</ol>
<pre>onecode-verify bundle 本文件夹 --keys trusted.txt</pre>
<p>退出码 0:完好;1:被改动过,并指出是哪个文件;2:不完整,缺文件或缺公钥。程序 <code>onecode audit verify</code> 可作同样的核对。</p>
<p>不用我们的程序也能核对:<code>records/0001.tlog-proof</code> 是 C2SP tlog-proof 格式的证明,<code>records/0001.leaf</code> 是日志里的条目,其中写着 <code>records/0001.payload</code> 的 SHA-256。</p>
<h2>它证明什么,不证明什么</h2>
<p>证明:这些记录当时就在日志里,内容一字未改,次序未变。不证明:读码设备所报的是不是实情;没有送达的事有没有发生;当时手机在谁的手里。原文已经依规定删除的记录,只留下条目和证明。</p>
<h2>说明</h2>
<p>{3}</p>
<h1 lang="en">Evidence: {0}</h1>
<div lang="en">
<p>Made by {1} on {2}. Every record in this folder stands in a transparency log of the campus code system. Such a log is only ever added to: nobody can remove, insert or change what a signed head covers without being found out.</p>
<h2>How to check it</h2>
<ol>
<li>Get the public keys of the logs and of whoever made this, one a line, from <strong>somewhere that you trust</strong>, as <code>trusted.txt</code>. <code>keys.txt</code> in here is for comparison; it cannot prove itself.</li>
<li>Get <code>onecode-verify</code> (a few source files that need only OpenSSL: read it, compile it) and run</li>
</ol>
<pre>onecode-verify bundle THIS-FOLDER --keys trusted.txt</pre>
<p>Exit 0: sound. 1: tampered with, and it names the file. 2: incomplete, a file or a key is missing. <code>onecode audit verify</code> checks the same.</p>
<p>It can be done without programs of ours: <code>records/0001.tlog-proof</code> is a proof in the form of C2SP tlog-proof, <code>records/0001.leaf</code> the entry of the log, and in it stands the SHA-256 of <code>records/0001.payload</code>.</p>
<h2>What it proves, and what it does not</h2>
<p>Proven: these records stood in the log, unchanged and in this order. Not proven: that what a reader reported is true; that what never arrived did not happen; whose hand held the phone. Of records whose text was erased as the rules demand, entry and proof are left.</p>
<h2>Explanations</h2>
<p>{4}</p>
</div>
<h1>记录 · Records</h1>
<table>
<tr><th>№</th><th>时间 · time</th><th>内容 · what</th><th>原文 · text</th><th>说明 · why</th></tr>
)",
                     about, who, when, explanations.zh, explanations.en);
  for (const auto& row : rows) {
    const auto file = fmt::format("records/{:04}.payload", row.number);
    const auto* gone = row.erased ? "已删除 · erased" : "—";
    out += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}<br><span lang=\"en\">{}</span></td><td>{}</td><td>{}</td></tr>\n",
        row.number, format_time(row.time), html(row.zh), html(row.en),
        row.payload ? fmt::format("<a href=\"{0}\">{0}</a>", file) : gone, why(row));
  }
  return out + "</table>\n</html>\n";
}

} // namespace onecode::app
