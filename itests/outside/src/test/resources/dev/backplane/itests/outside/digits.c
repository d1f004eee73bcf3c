/* Floating point in three formats: sums in a fixed order, and what the mathematical library makes of them. */
#include <math.h>
#include <stdio.h>

int main(void) {
    double sum = 0;
    for (int k = 3000000; k > 0; k--) {
        sum += 1.0 / ((double) k * k);
    }
    float harmonic = 0;
    for (int k = 1; k <= 300000; k++) {
        harmonic += 1.0f / k;
    }
    long double e = 1, term = 1;
    for (int k = 1; k < 30; k++) {
        term /= k;
        e += term;
    }
    printf("digits %.17g %.17g %.9g %.20Lg %.17g %.17g\n", sum, sqrt(6 * sum), harmonic, e, exp(1.0) * sin(1.0), pow(2.0, 0.5));
    return 0;
}
