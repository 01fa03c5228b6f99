import pytest

from chalicelib.content.joined import imported, join

PARTS = {
    "main.js": 'import { a, b as c } from "./one.js";\nimport * as two from "./two.js";\n'
    'import Other from "./other.mjs";\na(c, two, Other);\n',
    "one.js": 'import { two } from "./two.js";\nexport function a() {}\nexport const b = two;\nfunction hidden() {}\n',
    "two.js": "export class two {}\nexport async function later() {}\n",
}


def test_modules_become_functions_of_one_in_the_order_in_which_they_are_needed():
    assert join("main.js", PARTS) == (
        'import * as m2 from "./other.mjs";\n'
        "const m0 = await (async () => {\nclass two {}\nasync function later() {}\nreturn { two, later };\n})();\n"
        "const m1 = await (async () => {\nconst { two } = m0;\nfunction a() {}\nconst b = two;\nfunction hidden() {}\n"
        "return { a, b };\n})();\n"
        "const m3 = await (async () => {\nconst { a, b: c } = m1;\nconst two = m0;\nconst Other = m2.default;\n"
        "a(c, two, Other);\nreturn {  };\n})();\n"
    )


def test_what_is_loaded_later_stays_a_file():
    text = 'export const later = () => import("./later.js");\n'
    assert imported(text) == []
    assert 'import("./later.js")' in join("main.js", {"main.js": text, "later.js": "boom\n"})
    assert "boom" not in join("main.js", {"main.js": text, "later.js": "boom\n"})


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
    with pytest.raises(ValueError, match="cannot be joined"):
        join("a.js", {"a.js": f"{line}\n", "b.js": ""})


def test_modules_that_import_each_other_are_refused():
    parts = {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}
    with pytest.raises(ValueError, match=r"a\.js imports itself: a\.js → b\.js → a\.js"):
        join("a.js", parts)
