package dev.backplane.shell.internal.gogo;

/** Maps in braces, as they stand in a VM file, among the words of a command. Gogo would expand the braces. */
final class YamlWords {
    private YamlWords() {}

    /**
     * Quotes each word of a line that is a map: one that begins with a brace, has a colon and ends with the brace that belongs to it.
     * Everything else stays as it is.
     *
     * @param line as it was typed
     * @return the line for Gogo
     */
    static String quote(String line) {
        StringBuilder result = new StringBuilder();
        int at = 0;
        while (at < line.length()) {
            char c = line.charAt(at);
            boolean begins = at == 0 || line.charAt(at - 1) == ' ';
            int end = c == '{' && begins ? end(line, at) : c == '"' || c == '\'' ? endOfQuote(line, at) : at + 1;
            String word = line.substring(at, end);
            boolean isMap = c == '{' && end > at + 1 && word.indexOf(':') > 0;
            result.append(isMap ? "'" + word.replace("'", "'\"'\"'") + "'" : word);
            at = end;
        }
        return result.toString();
    }

    /** Behind the brace that belongs to the one at a place; right behind that one where none does. */
    private static int end(String line, int from) {
        int depth = 0;
        int at = from;
        while (at < line.length()) {
            char c = line.charAt(at);
            if (c == '"' || c == '\'') {
                at = endOfQuote(line, at);
                continue;
            }
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            at++;
            if (depth == 0) {
                return at;
            }
        }
        return from + 1;
    }

    private static int endOfQuote(String line, int from) {
        int end = line.indexOf(line.charAt(from), from + 1);
        return end < 0 ? line.length() : end + 1;
    }
}
