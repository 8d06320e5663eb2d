/** What stands in the way of playing, in plain words, and what can be done about it. */
export interface Notice {
  readonly title: string;
  readonly sentence: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** A page of nothing but a notice, where there is no game to show around it. */
export function NoticePage({ notice }: { readonly notice: Notice }) {
  return (
    <main class="alone">
      <NoticeCard notice={notice} />
    </main>
  );
}

/** What stands in the way of playing, and the way on. */
export function NoticeCard({ notice }: { readonly notice: Notice }) {
  return (
    <div class="notice" role="alert">
      <h2>{notice.title}</h2>
      <p>{notice.sentence}</p>
      {notice.action !== undefined && (
        <button type="button" class="primary" onClick={notice.action.run}>
          {notice.action.label}
        </button>
      )}
    </div>
  );
}
