import pytest

from chalicelib.content.joined import first, imported, later

PARTS = {
    "main.js": 'import { a, b as c } from "./one.js";\nimport * as two from "./two.js";\n'
    'import Other from "./other.mjs";\na(c, two, Other);\n',
    "one.js": 'import { two } from "./two.js";\nexport function a() {}\nexport const b = two;\nfunction hidden() {}\n',
    "two.js": "export class two {}\nexport async function later() {}\n",
}


def test_modules_become_functions_of_one_in_the_order_in_which_they_are_needed():
    assert first("main.js", PARTS, shared=()) == (
        'import * as m2 from "./other.mjs";\n'
        "const m0 = await (async () => {\nclass two {}\nasync function later() {}\nreturn { two, later };\n})();\n"
        "const m1 = await (async () => {\nconst { two } = m0;\nfunction a() {}\nconst b = two;\nfunction hidden() {}\n"
        "return { a, b };\n})();\n"
        "(async () => {\nconst { a, b: c } = m1;\nconst two = m0;\nconst Other = m2.default;\na(c, two, Other);\n"
        "})();\n"
    )


def test_what_is_loaded_later_stays_a_file():
    text = 'export const later = () => import("./later.js");\n'
    assert imported(text) == []
    whole = first("main.js", {"main.js": text, "later.js": "boom\n"}, shared=())
    assert 'import("./later.js")' in whole
    assert "boom" not in whole


def test_what_is_loaded_later_takes_the_modules_of_the_page_from_there_and_brings_the_others():
    more = {
        "later.js": 'import { two as second } from "./two.js";\nimport { own } from "./own.js";\n'
        "export const all = [second, own];\n",
        "own.js": 'import { later } from "./two.js";\nimport { Other } from "./other.mjs";\n'
        "export const own = later;\n",
    }
    modules = PARTS | more
    assert first("main.js", modules, shared={"two.js"}).endswith("})();\nexport { m0 as two };\n")
    assert later("later.js", modules, page="page.js", has={"main.js", "one.js", "two.js"}) == (
        'import { two as m0 } from "./page.js";\nimport * as m1 from "./other.mjs";\n'
        "const m2 = await (async () => {\nconst { later } = m0;\nconst { Other } = m1;\nconst own = later;\n"
        "return { own };\n})();\n"
        "const { two: second } = m0;\nconst { own } = m2;\nexport const all = [second, own];\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "export default 1;",
        "export { a };",
        "export let a = 1;",
        'export * from "./b.js";',
        'import "./b.js";',
        "import { a } from './b.js';",
    ],
)
def test_a_form_that_is_not_understood_is_refused_and_not_left_out(line: str):
    modules = {"a.js": f"{line}\n", "b.js": ""}
    with pytest.raises(ValueError, match="cannot be joined"):
        first("a.js", modules, shared=())
    with pytest.raises(ValueError, match="cannot be joined"):
        later("a.js", modules, page="page.js", has=())


def test_modules_that_import_each_other_are_refused():
    parts = {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}
    with pytest.raises(ValueError, match=r"a\.js imports itself: a\.js → b\.js → a\.js"):
        first("a.js", parts, shared=())
