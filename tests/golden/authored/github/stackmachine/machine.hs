-- | A stack machine as a fold over words.
module Main (main) where

import Text.Read (readMaybe)

data Machine = Machine { stack :: [Integer], output :: [String] }

-- | One word changes the machine, or says why it cannot.
step :: Machine -> String -> Either String Machine
step machine word = case (word, stack machine) of
  ("+", second : first : rest) -> Right machine { stack = first + second : rest }
  ("-", second : first : rest) -> Right machine { stack = first - second : rest }
  ("*", second : first : rest) -> Right machine { stack = first * second : rest }
  ("dup", top : rest) -> Right machine { stack = top : top : rest }
  ("swap", second : first : rest) -> Right machine { stack = first : second : rest }
  ("drop", _ : rest) -> Right machine { stack = rest }
  (".", top : rest) -> Right machine { stack = rest, output = show top : output machine }
  (_, current) -> case readMaybe word of
    Just number -> Right machine { stack = number : current }
    Nothing -> Left ("cannot do " ++ show word ++ " with " ++ show (length current) ++ " on the stack")

run :: String -> Either String [String]
run = fmap (reverse . output) . go (Machine [] []) . words
  where
    go machine [] = Right machine
    go machine (word : rest) = step machine word >>= \next -> go next rest

main :: IO ()
main = interact (either (++ "\n") unlines . run)
