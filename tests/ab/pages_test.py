#!/usr/bin/env python3
"""Reads pages of the report as XML, which forgives nothing, and checks what a reader relies on.

Usage: pages_test.py PROGRAM     PROGRAM writes the pages into the folder it is given
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"
PAGES = ["hostile", "no_bounds", "nothing", "one_bucket", "specimen", "without_runs"]
OUTCOMES = {"coro wins", "fiber wins", "same", "inconclusive"}


class PagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([PROGRAM, folder], check=True)
            cls.texts = {file.stem: file.read_text() for file in pathlib.Path(folder).iterdir()}
        cls.pages = {name: ElementTree.fromstring(text) for name, text in cls.texts.items()}

    def charts(self, name):
        return [svg for svg in self.pages[name].iter(SVG + "svg") if svg.get("role") == "img"]

    def test_each_page_is_well_formed(self):
        self.assertEqual(sorted(self.pages), PAGES)
        for name, text in self.texts.items():
            self.assertTrue(text.startswith("<!DOCTYPE html>"), name)

    def test_a_page_needs_nothing_else_and_runs_nothing(self):
        for name, page in self.pages.items():
            for element in page.iter():
                tag = element.tag.removeprefix(SVG)
                self.assertNotIn(tag, {"script", "link", "img", "iframe", "object"}, name)
                for attribute, value in element.items():
                    self.assertFalse(attribute.startswith("on"), name)
                    self.assertNotIn(attribute, {"src", "style"}, name)
                    if attribute == "href":
                        self.assertTrue(value.startswith("#"), name)
            self.assertNotRegex(page.find("head/style").text, r"url\(|@import")

    def test_hostile_text_is_shown_as_it_is(self):
        name = "</title></style><script>alert('&amp;')</script>\ufffd"
        page = self.pages["hostile"]
        self.assertEqual(page.find(".//section[@id='workload-1']/h2").text.strip(), name)
        self.assertEqual([note.text for note in page.findall(".//p[@class='note']")],
                         ["</p><script>alert(2)</script>", "a & b", "a & b < c \"d\" 'e'",
                          "3 operations failed on coro: connection reset"])
        self.assertEqual(page.find("body/main/h1").text, "Is <b>\"coro\"&' better than fiber?")

    def test_each_chart_says_what_it_is(self):
        for name in PAGES:
            for chart in self.charts(name):
                self.assertEqual([chart[0].tag, chart[1].tag], [SVG + "title", SVG + "desc"], name)
                self.assertTrue(chart[0].text and chart[1].text, name)

    def test_each_link_of_the_summary_leads_to_its_workload(self):
        for name, page in self.pages.items():
            links = [link.get("href")[1:] for link in page.iter("a")]
            sections = [s.get("id") for s in page.iter("section") if s.get("class") == "workload"]
            self.assertEqual(links, sections, name)
            self.assertEqual(len(set(sections)), len(sections), name)

    def test_who_won_stands_in_the_summary_and_at_the_workload(self):
        page = self.pages["specimen"]
        badges = [e.text for e in page.iter("span") if (e.get("class") or "").startswith("badge")]
        self.assertEqual(set(badges), OUTCOMES)
        half = len(badges) // 2
        self.assertEqual(badges[:half], badges[half:])

    def test_each_mark_is_within_its_chart(self):
        marks = 0
        for name in PAGES:
            for chart in self.charts(name):
                for element in chart.iter():
                    for attribute in ("x", "y", "cx", "cy", "x1", "x2", "y1", "y2", "width", "height"):
                        value = element.get(attribute, "0")
                        self.assertRegex(value, r"^\d+(\.\d+)?%?$", name)
                        if value.endswith("%"):
                            marks += 1
                            self.assertLessEqual(float(value[:-1]), 100, name)
                    for number in re.findall(r"-?[\w.]+", (element.get("d") or "").translate(COMMANDS)):
                        self.assertLessEqual(abs(float(number)), 1000, name)
        self.assertGreater(marks, 100)

    def test_a_workload_has_the_charts_that_its_runs_allow(self):
        def charts_of(page):
            return [len(list(s.iter("figure"))) for s in page.iter("section") if s.get("class") == "workload"]

        self.assertEqual(charts_of(self.pages["specimen"]), [3, 3, 3, 3, 3])
        self.assertEqual(charts_of(self.pages["one_bucket"]), [3])
        self.assertEqual(charts_of(self.pages["without_runs"]), [1])
        self.assertEqual(charts_of(self.pages["nothing"]), [])

    def test_calibration_runs_are_drawn_apart(self):
        runs_chart = self.charts("specimen")[-1]
        marks = [e.get("class") for e in runs_chart.iter() if (e.get("class") or "").startswith("mark")]
        self.assertEqual(marks.count("mark baseline hollow"), 16)
        self.assertEqual(marks.count("mark baseline"), 24)
        self.assertEqual(marks.count("mark candidate"), 24)


COMMANDS = str.maketrans("MLVZ", "    ")

if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
