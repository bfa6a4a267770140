// Articles and clauses of the regulation, as `control` and `article` name them: `8`, `11(1)`.
#pragma once

#include <string_view>

#include "domain/evidence.hpp"

namespace onecode {

/// An article of the 13, with a clause or without.
bool is_article(std::string_view text);
/// As people cite it: 第十一条第(一)项 | article 11(1). What is no article is repeated as it is.
Text article_text(std::string_view control);
/// Does a finding under `article` belong to what `control` names? `11` names all its clauses.
inline bool is_under(std::string_view article, std::string_view control) {
  return article == control || article.substr(0, article.find('(')) == control;
}

} // namespace onecode
