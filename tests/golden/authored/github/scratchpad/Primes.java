public class Primes {
    public static void main(String[] args) {
        boolean[] composite = new boolean[1000];
        for (int n = 2; n < composite.length; n++) {
            if (composite[n]) continue;
            System.out.println(n);
            for (int m = n * n; m < composite.length; m += n) composite[m] = true;
        }
    }
}
