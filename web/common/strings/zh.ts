export const zh = {
  cancel: "取消",
  close: "关闭",
  save: "保存",
  copy: "复制",
  copied: "已复制",
  tryAgain: "重试",
  loading: "正在加载…",
  actions: "操作",
  copyFailed: "此处不允许复制。文本已选中，请按 Ctrl+C 或 ⌘C。",
  unreachable: "服务器没有响应。请检查网络连接后重试。",
  failed: "服务器无法完成此操作（状态 {status}），请稍后重试。",
  sessionEnded: "会话已结束，请重新登录。已填写的内容会保留。",
};
