/** The contract's problems in Polish; English comes from the contract's own table. */
import type { ProblemCode } from '#contract/problems.ts'

export const plProblems: Record<ProblemCode, { title: string; fix: string }> = {
  validation: { title: 'Dane mają złą postać', fix: 'Popraw wskazane pola.' },
  'bad-json': { title: 'Treść nie jest poprawnym JSON-em', fix: 'Spróbuj ponownie.' },
  'bad-encoding': { title: 'Tekst nie jest poprawnym Unicode', fix: 'Wklej tekst ponownie.' },
  'bad-cursor': { title: 'Nieznany znacznik strony', fix: 'Wczytaj listę od początku.' },
  unauthenticated: { title: 'Najpierw się zaloguj', fix: 'Zaloguj się ponownie.' },
  forbidden: { title: 'Twoja rola na to nie pozwala', fix: 'Poproś właściciela lub administratora.' },
  'password-change-required': {
    title: 'Najpierw wybierz własne hasło',
    fix: 'Otrzymane hasło służy tylko do jednego: zmień je na stronie, którą pokazuje Clarion.',
  },
  'scope-missing': { title: 'Klucz API nie ma wymaganego zakresu', fix: 'Utwórz klucz z tym zakresem.' },
  'setup-token': {
    title: 'Brak tokenu konfiguracji albo jest błędny',
    fix: 'Skopiuj token z terminala, w którym działa Clarion.',
  },
  'setup-done': { title: 'Clarion jest już skonfigurowany', fix: 'Zaloguj się.' },
  'not-found': { title: 'Nie ma tu czegoś takiego', fix: 'Mogło zostać usunięte albo należy do innej przestrzeni.' },
  'method-not-allowed': {
    title: 'Ten adres nie przyjmuje tej metody',
    fix: 'Wczytaj stronę ponownie: może być starsza niż serwer.',
  },
  'too-slow': {
    title: 'Żądanie przychodziło zbyt długo',
    fix: 'Wyślij je ponownie przez szybsze łącze; długo trwać mogą tylko wysyłki plików.',
  },
  conflict: { title: 'Obecny stan na to nie pozwala', fix: 'Odśwież i sprawdź.' },
  exists: { title: 'To już istnieje', fix: 'Użyj istniejącego albo wybierz inną nazwę.' },
  'idempotency-mismatch': { title: 'Ten klucz był użyty do innego żądania', fix: 'Spróbuj ponownie.' },
  'idempotency-running': { title: 'Pierwsze żądanie jeszcze trwa', fix: 'Odczekaj chwilę i spróbuj ponownie.' },
  'version-mismatch': { title: 'Ktoś to w międzyczasie zmienił', fix: 'Wczytaj ponownie i nanieś zmianę.' },
  'version-required': { title: 'Brakuje wersji', fix: 'Wczytaj ponownie i spróbuj jeszcze raz.' },
  'too-large': { title: 'To jest za duże', fix: 'Zmniejsz i spróbuj ponownie.' },
  'unsupported-media': {
    title: 'Ten rodzaj pliku nie jest przyjmowany',
    fix: 'Użyj JPEG, PNG, WebP, GIF, MP4, MOV, WebM albo PDF.',
  },
  'bad-image': { title: 'Tego zdjęcia nie można użyć', fix: 'Wyeksportuj je ponownie jako JPEG lub PNG.' },
  'bad-media': {
    title: 'Tego pliku nie można użyć',
    fix: 'Wyeksportuj go ponownie jako MP4 (H.264 i AAC) lub PDF.',
  },
  'no-space': {
    title: 'Brak miejsca na plik',
    fix: 'Nic nie zapisano. Zwolnij miejsce na dysku Clariona i spróbuj ponownie.',
  },
  'bad-url': { title: 'Tego adresu nie wolno pobrać', fix: 'Użyj publicznego adresu https.' },
  preflight: { title: 'Sieć by tego nie przyjęła', fix: 'Popraw to, co wskazano, i zaplanuj ponownie.' },
  'time-past': { title: 'Ten termin już minął', fix: 'Wybierz termin w przyszłości albo opublikuj teraz.' },
  'time-gap': { title: 'Taka godzina nie istnieje', fix: 'Zegary przeskakują ją tego dnia. Wybierz inną.' },
  'too-many-channels': { title: 'Za dużo kanałów w jednym poście', fix: 'Zrób kilka postów.' },
  'no-channels': { title: 'Nie wybrano kanału', fix: 'Wybierz co najmniej jeden.' },
  'cannot-cancel': {
    title: 'Za późno, żeby anulować',
    fix: 'Sieć może już mieć ten post. Poczekaj na wynik; potem można go usunąć.',
  },
  'connect-failed': { title: 'Sieć nie połączyła konta', fix: 'Zacznij jeszcze raz.' },
  'connect-expired': { title: 'Ta próba połączenia wygasła', fix: 'Zacznij łączenie od nowa.' },
  'credentials-missing': {
    title: 'Platforma nie ma jeszcze danych aplikacji',
    fix: 'Wpisz je w Ustawieniach, Platformy.',
  },
  'sandbox-off': { title: 'Sieci testowe są wyłączone', fix: 'Uruchom Clariona z CLARION_SANDBOX=1.' },
  'rate-limited': { title: 'Za dużo żądań', fix: 'Odczekaj chwilę.' },
  'database-away': { title: 'Baza danych nie odpowiedziała na czas', fix: 'Spróbuj ponownie za chwilę.' },
  'storage-away': {
    title: 'Magazyn plików nie odpowiada',
    fix: 'Spróbuj za minutę; nic nie przepadło. Przyczynę administrator znajdzie pod /health/ready.',
  },
  'queues-away': {
    title: 'Kolejek nie da się teraz odczytać',
    fix: 'Posty i tak wychodzą. Poproś osobę, która prowadzi Clariona, żeby zajrzała do Redisa.',
  },
  starting: { title: 'Clarion się uruchamia', fix: 'Spróbuj za kilka sekund.' },
  internal: { title: 'Coś się u nas zepsuło', fix: 'Spróbuj ponownie; jeśli to nie minie, zgłoś numer żądania.' },
  'network-failed': {
    title: 'Sieć nie może tego teraz zrobić',
    fix: 'Przeczytaj, co odpowiedziała, i spróbuj później.',
  },
  'webhook-refused': {
    title: 'Nie uwierzono temu zgłoszeniu',
    fix: 'Sprawdź sekret aplikacji w Ustawieniach: podpis jest błędny albo za stary.',
  },
}
