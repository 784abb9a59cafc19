import scala.util.{Failure, Success, Try}

/** Words come from standard input; what is printed goes to standard output. */
object Machine {
  type Stack = List[BigInt]

  def step(stack: Stack, word: String): Try[Stack] = (word, stack) match {
    case ("+", second :: first :: rest)    => Success(first + second :: rest)
    case ("-", second :: first :: rest)    => Success(first - second :: rest)
    case ("*", second :: first :: rest)    => Success(first * second :: rest)
    case ("dup", top :: rest)              => Success(top :: top :: rest)
    case ("swap", second :: first :: rest) => Success(first :: second :: rest)
    case ("drop", _ :: rest)               => Success(rest)
    case (".", top :: rest)                => println(top); Success(rest)
    case _                                 => Try(BigInt(word) :: stack)
  }

  def main(arguments: Array[String]): Unit = {
    val words = io.Source.stdin.mkString.split("\\s+").filter(_.nonEmpty)
    val result = words.foldLeft(Try(List.empty[BigInt])) { (stack, word) => stack.flatMap(step(_, word)) }
    result match {
      case Success(_)     => ()
      case Failure(error) => System.err.println(s"stopped: ${error.getMessage}")
    }
  }
}
