"""NAV: the visible table of pages, in reading order, for both languages."""

NAV: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    ({"en": "Begin", "zh": "开始"}, ("start", "how-it-works", "reading-a-map", "explorer", "tour", "faq")),
    ({"en": "Use", "zh": "使用"}, ("checking", "targets", "unlabelled", "explaining", "scale", "cluster")),
    (
        {"en": "Applications", "zh": "应用"},
        tuple(f"applications/{name}" for name in ("index", "medicine", "finance", "logistics", "ecommerce", "social")),
    ),
    ({"en": "Reference", "zh": "参考"}, ("commands", "python", "reference", "format", "security")),
    ({"en": "Project", "zh": "项目"}, ("benchmarks", "extending", "licences")),
)

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "contents": "Contents", "search": "Search", "nothing": "Nothing found.", "before": "Before", "after": "Next",
        "other": "中文", "on_this_page": "On this page", "skip": "Skip to the text",
    },
    "zh": {
        "contents": "目录", "search": "搜索", "nothing": "没有找到。", "before": "上一页", "after": "下一页",
        "other": "English", "on_this_page": "本页内容", "skip": "跳到正文",
    },
}  # fmt: skip
