import { mount } from "svelte";
import App from "./App.svelte";
import { chooseBackend } from "./api";
import { rememberedSettings, systemTheme } from "./opening";
import "./styles/base.css";

const { theme, language } = rememberedSettings();
document.documentElement.dataset.theme = theme === "system" ? systemTheme() : theme;
document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
mount(App, { target: document.getElementById("app")!, props: { backend: chooseBackend(document) } });
