"""Write docs/benchmarks.md and docs/zh/benchmarks.md from benchmarks/results: `python docs/write_benchmarks.py`.

No figure is typed here: every table is the one that a benchmark wrote. `SECTIONS` is the visible table of what stands where; a
result without a line in it stands at the end, so that nothing measured stays out of sight.
"""

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parent
RESULTS = DOCS.parent / "benchmarks" / "results"
PAGES = {"en": DOCS / "benchmarks.md", "zh": DOCS / "zh" / "benchmarks.md"}


@dataclass(frozen=True)
class Section:
    """Results shown together, how they came about, and the command that repeats them."""

    results: tuple[str, ...]
    command: str
    title: dict[str, str]
    text: dict[str, str]


HEADS = {
    "en": """# Benchmarks

Written by `python docs/write_benchmarks.py` from the files in `benchmarks/results/`; no figure is typed by hand. Unless a table says
otherwise: two shared cores, no GPU, Python 3.11, November 2026; whole processes from cold, imports included; each
comparison in one go on the same rows. The commands repeat them; the data are public sets, in a folder of your own. A bar in
brackets, such as (≥ 0.95), was set beforehand; a figure that misses it is shown as it is.
""",
    "zh": """# 基准

由 `python docs/write_benchmarks.py` 从 `benchmarks/results/` 中的文件生成，没有一个数字是手写的。除非表中另有说明：两个共享的核，没有 GPU，Python 3.11，2026 年 11 月；整个进程从冷启动算起，包括导入；每个比较在同样的行上一次做完。用所列命令可以重复；数据是公开数据集，放在你自己的文件夹里。括号里的标准，如 (≥ 0.95)，是事先定下的；没有达到的数字照样列出。表中的用语保留英文原文。
""",
}
SECTIONS = (
    Section(
        ("layout-mnist", "layout-mnist-umap", "layout-mnist-peers"),
        "python benchmarks/layout.py mnist.npz --runs 3",
        {"en": "The layout, beside its peers", "zh": "布局，与同类并列"},
        {
            "en": "MNIST, 70,000 rows of 784 gray values, places only (projection, neighbors, layout). Scores against the "
            "pixels, all rows as candidates. The first table is the newest: medians of three runs taken in turns. Below it two older "
            "comparisons: three runs beside umap-learn, one run beside the others "
            "(umap-learn 0.5.12, openTSNE 1.0.4 on 50 principal components, PaCMAP and LocalMAP 0.9.1). Where Belvedere is "
            "behind: the accuracy of labels voted by the ten nearest on the map. The default weight of the large picture "
            "(`global_weight`) was lowered once after looking at MNIST's trustworthiness, so for that one setting MNIST is "
            "not a clean hold-out.",
            "zh": "MNIST，70,000 行，每行 784 个灰度值，只算位置（投影、邻居、布局）。分数与像素空间相比，候选是所有行。第一张表最新，是轮流运行三次的中位数。下面是两次较早的比较："
            "与 umap-learn 并列三次，与其他方法并列一次（umap-learn 0.5.12，openTSNE 1.0.4 用 50 个主成分，PaCMAP 和 LocalMAP 0.9.1）。Belvedere 落后的地方："
            "由地图上最近的十行投票得出的标签准确率。整体结构的默认权重（`global_weight`）在看过 MNIST 的可信度之后下调过一次，所以就这一项设置而言，MNIST 不算干净的留出数据。",
        },
    ),
    Section(
        ("layout-bladder", "layout-scrna", "layout-adult", "layout-fashion"),
        "python benchmarks/layout.py bladder scrna adult fashion --only belvedere opentsne",
        {"en": "Other sets, beside openTSNE", "zh": "其他数据，与 openTSNE 并列"},
        {
            "en": "Places only, in turns: two sets of single cells (2,100 and 4,186 rows of counts as they are; medians of three runs), "
            "Adult (48,842 rows, columns standardized and one-hot) and Fashion-MNIST (70,000 rows of pixels), one run each.",
            "zh": "只算位置，轮流运行：两组单细胞数据（2,100 和 4,186 行原始计数，三次的中位数），Adult（48,842 行，各列标准化并独热编码）和 "
            "Fashion-MNIST（70,000 行像素），各一次。",
        },
    ),
    Section(
        ("layout-rows-1000000",),
        "python benchmarks/layout.py --rows 1000000",
        {"en": "A million rows", "zh": "一百万行"},
        {
            "en": "The layout of a million made rows, with all of them laid out and with 200,000 landmarks.",
            "zh": "一百万行人造数据的布局：全部一起布局，以及用 200,000 个地标。",
        },
    ),
    Section(
        ("main_job",),
        "python benchmarks/main_job.py FOLDER [NAME …]",
        {"en": "The main job", "zh": "主要任务"},
        {
            "en": "`belvedere map DATA --target … --no-view`, everything included: reading, checks, training, baseline, layout, "
            "place network, reliability, regions, saving. One run each. Adult and Fashion-MNIST are scored on their official "
            "test rows; the spoken digits are split at random, with the same speakers on both sides. On Adult one design "
            "fault was found after a first official score of 0.860, mended on a hold-out inside the training rows, and the "
            "official rows were scored once more.",
            "zh": "`belvedere map DATA --target … --no-view`，包括一切：读取、检查、训练、基线、布局、放置网络、可靠性、区域、保存。各运行一次。"
            "Adult 和 Fashion-MNIST 在官方测试行上评分；口述数字随机划分，两边有同样的说话人。在 Adult 上，第一次官方得分 0.860 之后发现一处设计缺陷，"
            "在训练行内的留出部分上改好，官方测试行又评了一次。",
        },
    ),
    Section(
        ("placing",),
        "python benchmarks/placing.py mnist=mnist.npz fashion_mnist=fashion_mnist.npz",
        {"en": "Placing new rows", "zh": "放置新的行"},
        {
            "en": "How fast new rows are placed, how many of their true neighbors they keep, and how many rows unlike anything "
            "learned are flagged.",
            "zh": "放置新行有多快，保留多少真实邻居，以及与学过的都不像的行有多少被标出。",
        },
    ),
    Section(
        ("regions",),
        "python benchmarks/regions.py FOLDER",
        {"en": "Regions", "zh": "区域"},
        {
            "en": "Regions found among neighbors, against classes that were never shown, beside HDBSCAN on a UMAP picture.",
            "zh": "在邻居中找到的区域，与从未展示的类别比较，旁边是在 UMAP 图上运行的 HDBSCAN。",
        },
    ),
    Section(
        ("trust",),
        "python benchmarks/trust.py FOLDER",
        {"en": "Checks and reading", "zh": "检查与读取"},
        {
            "en": "Malformed CSV files, seeded faults, invented people, label errors beside cleanlab, and a large table.",
            "zh": "写坏的 CSV 文件、埋入的错误、虚构的人、标签错误（与 cleanlab 并列），以及一张大表。",
        },
    ),
    Section(
        ("privacy",),
        "python benchmarks/privacy.py",
        {"en": "Privacy", "zh": "隐私"},
        {
            "en": "K-anonymous copies, and attacks by the error of a network.",
            "zh": "k 匿名的副本，以及凭网络误差的攻击。",
        },
    ),
    Section(
        ("explain",),
        "python benchmarks/explain.py FOLDER",
        {"en": "Explanations", "zh": "解释"},
        {
            "en": "Planted differences found again; whether pulls add up and are faithful; whether names tell regions apart.",
            "zh": "找回埋入的差别；各列拉力之和是否对得上、是否忠实；名字能否分清区域。",
        },
    ),
    Section(
        ("viewer", "viewer-10m"),
        "python benchmarks/viewer.py",
        {"en": "The explorer", "zh": "浏览界面"},
        {
            "en": "In headless Chromium with software drawing, so a graphics card is faster. Peers were not measured here.",
            "zh": "无界面的 Chromium，软件绘图；有显卡会更快。同类软件没有在这里测量。",
        },
    ),
    Section(
        ("learning",),
        "BELVEDERE_DATA=FOLDER python benchmarks/learning.py [NAME …] --seeds 3",
        {"en": "Learning", "zh": "学习"},
        {
            "en": "What `auto` learns, default settings, on official test rows where there are any (they are only scored), else on a "
            "random hold-out or by folds. The baseline is fitted on the same rows. Where Belvedere is behind, as on the engines, "
            "whose remaining cycles boosted trees on statistics of windows foresee better, the row says so. How few pictures are varied and "
            "batched was decided on tracks of signs held out inside the training rows.",
            "zh": "`auto` 以默认设置学到的结果：有官方测试行的用官方测试行（只评分），否则用随机留出或交叉验证。基线在同样的行上拟合。"
            "Belvedere 落后的地方照样列出，例如发动机剩余寿命：在窗口统计量上的提升树预测得更好。图片少时怎样变化、每批多少，是在训练行内留出的交通标志轨迹上决定的。",
        },
    ),
    Section(
        ("series",),
        "BELVEDERE_DATA=FOLDER python benchmarks/series.py --seeds 1 --threads 1",
        {"en": "Short time series", "zh": "短时间序列"},
        {
            "en": "Seven sets of the UCR and UEA archives with their official split, beside nearest neighbors by dynamic time warping and "
            "beside random kernels with a ridge. The peers are written in the benchmark, after the papers named there.",
            "zh": "UCR 与 UEA 档案中的七个数据集，按官方划分，与动态时间规整的最近邻以及随机核加岭回归并列。两者按文件中注明的论文写在基准程序里。",
        },
    ),
    Section(
        ("held_out",),
        "BELVEDERE_DATA=FOLDER python benchmarks/held_out.py",
        {"en": "Held-out rows on the map", "zh": "留出的行在地图上"},
        {
            "en": "Rows that were never learned from ask their ten nearest on the map for their class; beside it the network's accuracy on them.",
            "zh": "从未用来学习的行，由地图上最近的十行投票得出类别；旁边是网络在这些行上的准确率。",
        },
    ),
    Section(
        ("unlabelled",),
        "BELVEDERE_DATA=FOLDER python benchmarks/unlabelled.py [NAME …]",
        {"en": "Maps without labels", "zh": "没有标签的地图"},
        {
            "en": "The plain and the learned space of each set, mapped, and judged by labels that neither saw; and which of them `auto` chose "
            "by its own question (see [Learning without a target](unlabelled.md)). Sets with a star were looked at while the choice was made.",
            "zh": "每个数据集的朴素空间和学到的空间各画一张地图，用两者都没有见过的标签来评判；以及 `auto` 凭自己的问题选了哪一个（见[没有目标时的学习](unlabelled.md)）。"
            "带星号的数据集在制定选择办法时看过。",
        },
    ),
    Section(
        ("training_speed",),
        "python benchmarks/training_speed.py",
        {"en": "Speed of training", "zh": "训练速度"},
        {
            "en": "The plain CNN and LSTM trained by `training.train`, by a bare loop in PyTorch, and by Keras on torch, in turns.",
            "zh": "朴素的 CNN 和 LSTM 分别用 `training.train`、PyTorch 裸循环和基于 torch 的 Keras 训练，轮流进行。",
        },
    ),
    Section(
        ("transfer",),
        "BELVEDERE_DATA=FOLDER python benchmarks/transfer.py --seeds 3",
        {"en": "Starting from an older map", "zh": "从旧地图开始"},
        {
            "en": "Half of the classes of Fashion-MNIST are learned first; the other half then from few labels each, anew and from that "
            "map, or from one of all classes made without a label; scored on official test rows.",
            "zh": "先学 Fashion-MNIST 的一半类别，再用每类很少的标签学另一半：从头开始，从那张地图开始，或从一张不用标签、含所有类别的地图开始；在官方测试行上评分。",
        },
    ),
    Section(
        ("reliability-server",),
        "python benchmarks/reliability.py server",
        {"en": "A server asked ten thousand times", "zh": "被问一万次的服务器"},
        {
            "en": "One server under ten thousand requests of ten kinds from fifty connections, a tenth of them wrong on purpose; memory is "
            "what the system holds for it.",
            "zh": "一个服务器接受五十个连接的一万次请求，共十种，其中十分之一故意是错的；内存是系统为它保留的部分。",
        },
    ),
    Section(
        ("reliability-kills",),
        "python benchmarks/reliability.py kills --times 200",
        {"en": "Killed two hundred times", "zh": "两百次被强行终止"},
        {
            "en": "`kill -9` at a moment drawn evenly from the whole run of a command; afterwards the map or file must be the old one byte for "
            "byte or a whole new one, and in the end one run in peace must leave nothing else behind.",
            "zh": "在命令整个运行过程中均匀抽取的时刻执行 `kill -9`；之后的地图或文件必须与原来逐字节相同，或者是完整的新文件；最后正常运行一次，不得留下别的东西。",
        },
    ),
    Section(
        ("scale",),
        "python benchmarks/scale.py --rows 1000000 10000000 --workers 2 --memory 6GB --network mlp",
        {"en": "Ten million rows", "zh": "一千万行"},
        {
            "en": "Whole commands from cold on made rows of 50 columns: `map --network none`, then with the network of a small map "
            "`place` by the local engine and by two Ray workers (the bytes must be equal), then `place --append`. Own memory is what "
            "the system cannot take back; [what bounds each stage](scale.md). Of ten million rows 46 % of the true neighbors were found "
            "(the map says so). Since then neighbors and links of so many rows lie on disk, which the table does not show yet.",
            "zh": "整条命令从冷启动算起，50 列的人造数据：先 `map --network none`，再用一张小地图的网络 `place`，分别用本地引擎和两个 Ray 进程"
            "（字节必须相同），然后 `place --append`。“own” 内存是系统收不回的部分；[每个阶段受什么限制](scale.md)。一千万行时找到 46 % 的真实邻居（地图上写着）。此后这么多行的邻居和连线放在磁盘上，表中还没有体现。",
        },
    ),
    Section(
        ("faults",),
        "python benchmarks/faults.py --times 10 [--nodes]",
        {"en": "Lost workers and nodes", "zh": "失去的进程和节点"},
        {
            "en": "On two Ray workers, a worker is killed (or one of two nodes removed, another one joining later) at a random moment of "
            "each stage; the result must be that of an undisturbed run. Other work of ours kept both cores busy.",
            "zh": "用两个 Ray 进程，在每个阶段的随机时刻杀掉一个进程（或移除两个节点之一，稍后另一个加入）；结果必须与未受干扰时相同。"
            "同时我们的其他工作占满两个核。",
        },
    ),
)
REST = {"en": "Other results", "zh": "其他结果"}


def page(language: str = "en") -> str:
    """The page in one language as Markdown."""
    parts = [HEADS[language]]
    for section in SECTIONS:
        tables = [shown(name) for name in section.results if (RESULTS / f"{name}.md").exists()]
        if not tables:
            continue
        parts += [f"## {section.title[language]}\n", section.text[language] + "\n", *tables, f"`{section.command}`\n"]
    rest = [name for name in written() if name not in placed()]
    parts += [f"## {REST[language]}\n", *(f"### {name}\n\n{shown(name)}" for name in rest)] if rest else []
    return "\n".join(parts).rstrip() + "\n"


def shown(name: str) -> str:
    """What a benchmark wrote, without its title; its own headings in bold."""
    text = (RESULTS / f"{name}.md").read_text(encoding="utf-8").strip()
    text = re.sub(r"\A# .*\n+", "", text)
    text = re.sub(r"^#+ (.+)$", r"**\1**", text, flags=re.MULTILINE)
    return re.sub(r"\|contribution\|", r"\\|contribution\\|", text) + "\n"


def written() -> list[str]:
    """Names of all results that a person can read."""
    return sorted(path.stem for path in RESULTS.glob("*.md"))


def placed() -> set[str]:
    """Names of the results that have a section."""
    return {name for section in SECTIONS for name in section.results}


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")
