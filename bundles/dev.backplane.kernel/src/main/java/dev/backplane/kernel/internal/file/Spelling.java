package dev.backplane.kernel.internal.file;

import java.util.Collection;
import java.util.Optional;

/** Finds what somebody may have meant. */
public final class Spelling {
    private static final int MAX_LENGTH = 64;

    private Spelling() {}

    /**
     * The known word that is closest to a given one.
     *
     * @param word what was written
     * @param known what there is
     * @return the closest, where it is close enough to be meant
     */
    public static Optional<String> nearest(String word, Collection<String> known) {
        String best = "";
        int bestDistance = Integer.MAX_VALUE;
        for (String candidate : known) {
            int distance =
                    distance(word.toLowerCase(java.util.Locale.ROOT), candidate.toLowerCase(java.util.Locale.ROOT));
            if (distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return bestDistance <= Math.max(1, (word.length() + 1) / 3) ? Optional.of(best) : Optional.empty();
    }

    /**
     * A question to put behind an error, or nothing.
     *
     * @param word what was written
     * @param known what there is
     * @return for instance {@code "; did you mean \"port\"?"}
     */
    public static String hint(String word, Collection<String> known) {
        return nearest(word, known)
                .map(near -> "; did you mean \"" + near + "\"?")
                .orElse("");
    }

    /**
     * The number of letters to add, drop, change or swap with their neighbour, with three rows of the usual table. Words are
     * short: longer ones are cut.
     */
    private static int distance(String a, String b) {
        String left = a.substring(0, Math.min(MAX_LENGTH, a.length()));
        String right = b.substring(0, Math.min(MAX_LENGTH, b.length()));
        int[][] rows = new int[3][right.length() + 1];
        for (int j = 0; j <= right.length(); j++) {
            rows[0][j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            int[] row = rows[i % 3];
            int[] above = rows[(i - 1) % 3];
            row[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int changed = left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(above[j - 1] + changed, 1 + Math.min(above[j], row[j - 1]));
                if (i > 1
                        && j > 1
                        && left.charAt(i - 1) == right.charAt(j - 2)
                        && left.charAt(i - 2) == right.charAt(j - 1)) {
                    row[j] = Math.min(row[j], rows[(i - 2) % 3][j - 2] + 1);
                }
            }
        }
        return rows[left.length() % 3][right.length()];
    }
}
