// Catches: a clause that is none taken as one, or cited wrongly; a clerk's typing error that reads beyond a table.
#include "domain/article.hpp"

#include "tests/catch.hpp"

using namespace onecode;

TEST_CASE("articles: as the regulation has them", "[article]") {
  for (const char* text : {"1", "8", "10", "13", "11(1)", "11(4)", "2(9)"}) CHECK(is_article(text));
  for (const char* text : {"",       "0",     "14",     "08",    "21",      "99999999999999999999",
                           "labels", "11(",   "11()",   "11(0)", "11(10)",  "11(1",
                           "11)",    "11(a)", "11(1)x", "(1)",   "11（1）", "第十一条",
                           "-1",     "1 "}) {
    CAPTURE(text);
    CHECK_FALSE(is_article(text));
    CHECK(article_text(text).en == text); // repeated, never read as a number
  }
  CHECK(article_text("8").zh == "第八条");
  CHECK(article_text("10").zh == "第十条");
  CHECK(article_text("11(4)").zh == "第十一条第(四)项");
  CHECK(article_text("13").zh == "第十三条");
  CHECK(article_text("11(4)").en == "article 11(4)");
  CHECK(is_under("11(4)", "11"));
  CHECK(is_under("11(4)", "11(4)"));
  CHECK_FALSE(is_under("11(4)", "11(1)"));
  CHECK_FALSE(is_under("11", "1"));
}
